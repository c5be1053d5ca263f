#!/bin/sh
# Make the virtual environment named in $1 with the locked dependencies. PYTHON names the interpreter.
set -eu
venv=$1
python=${PYTHON:-python3}

say() {
    printf 'install: %s\n' "$1" >&2
    exit 2
}

command -v "$python" >/dev/null 2>&1 || say "no '$python' here; install Python 3.11 or newer, or name one: make install PYTHON=python3.12"
"$python" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))' ||
    say "Pantau needs Python 3.11, 3.12 or 3.13, and '$python' is $("$python" -V 2>&1); name another one: make install PYTHON=python3.12"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    say "this Python has no venv module; on Debian or Ubuntu install it with: apt install python3-venv"

# A venv whose making was interrupted, or whose interpreter is gone, has no working pip: make it anew.
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || rm -rf "$venv"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || say "could not make $venv; is this folder writable?"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,check]' ||
    say "the dependencies could not be installed; the lines above say why"
touch "$venv/.installed"
