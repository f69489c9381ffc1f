"""The command screen's JavaScript: sources, lock file and the script that bundles them."""
