# Each target does all its own set-up on a fresh Debian or Ubuntu machine.
.PHONY: demo test lint format reproducible wheel setup clean

demo: setup
	@.venv/bin/citytwin demo --open

# static checks are tests too: tests/project/test_static_checks.py
test:
	@scripts/setup --tests
	@.venv/bin/pytest --numprocesses 2 --dist loadscope

lint: setup
	@scripts/lint

format: setup
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

reproducible: setup
	@scripts/reproducible

wheel: setup
	@PATH="$$PATH:$(CURDIR)/.venv-tools/bin" uv build --wheel

setup:
	@scripts/setup

clean:
	rm -rf .venv .venv-tools build dist runs viz/static viz/frontend/node_modules
