"""What pytest runs here: the examples of the pages, and none of the scripts that build the site."""

collect_ignore_glob = ["conf.py", "_*", "api/*", "auto_examples/*"]
