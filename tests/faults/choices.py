"""What a run of the faults chooses: how often, and which random moments."""

import os

TIMES = int(os.environ.get("FAULTS_TIMES", "1"))  # each fault happens so many times as often as it says
SEED = int(os.environ.get("FAULTS_SEED", "5"))  # of all that is random
