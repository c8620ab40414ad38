"""What the pages of the API's reference show."""
