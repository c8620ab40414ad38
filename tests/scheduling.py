"""Which tests run in one process, and in which order, when several processes run them."""

from xdist.scheduler import LoadScopeScheduling

# Folders whose tests share a hub, or take longest. What begins last should end soon.
SHARING = ("tests/e2e/dashboard", "tests/contract", "tests/faults/one_hub")
FIRST = (
    "tests/e2e",
    "tests/contract",
    "tests/bench",
    "tests/docs",
    "tests/session",
    "tests/faults/nobody_misses",
)


class BySharedHub(LoadScopeScheduling):
    """Gives a process a module at a time, or all modules of a folder of `SHARING`: each process that has one
    of these would start a hub for it."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (folder for folder in SHARING if nodeid.startswith(folder + "/"))
        return next(shared, super()._split_scope(nodeid))


def place(nodeid: str) -> list[bool]:
    """What tests are sorted by: those of `FIRST` come in its order, then all others."""
    return [not nodeid.startswith(folder + "/") for folder in FIRST]
