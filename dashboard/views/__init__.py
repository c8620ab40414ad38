"""The pages: a module for each, with the names of its templates. What a page shows comes from the module of
the same name in `dashboard.data`."""
