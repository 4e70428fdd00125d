#!/usr/bin/env bash
# Makes an environment for Gương on a bare Debian or Ubuntu machine, Debian packages included:
#
#   bash requirements/setup.sh embedded    .venv        runs on any laptop, without torch
#   bash requirements/setup.sh test        .venv-test   the same, and what the tests need
#   bash requirements/setup.sh full        .venv-full   the neural engines as well (several GB)
#
# Nothing is installed again while the requirement files stay as they are.
set -euo pipefail
cd "$(dirname "$0")/.."

kind="${1:-}"
case "$kind" in
  embedded) venv=.venv ;;
  test) venv=.venv-test ;;
  full) venv=.venv-full ;;
  *)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "Please run as root: $*"
    exit 1
  fi
}

# Installs the Debian packages among its arguments that are missing.
debian() {
  command -v dpkg-query >/dev/null || return 0 # another system: its user knows better
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "Installing ${missing[*]} ..."
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Prints a Python from 3.11 to 3.13 that can make environments, if there is one.
python() {
  for candidate in python3.12 python3.13 python3.11 python3; do
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

if [ -z "$(python)" ]; then
  debian python3 python3-venv
  [ -n "$(python)" ] || debian python3.11 python3.11-venv || true
  if [ -z "$(python)" ]; then
    say "Gương needs Python 3.11, 3.12 or 3.13 with the venv module."
    exit 1
  fi
fi
mapfile -t packages <packages.txt
debian ca-certificates "${packages[@]}"

if [ "$kind" = test ] && ! command -v chromium >/dev/null && grep -q '^ID=debian' /etc/os-release; then
  debian chromium
fi

stamp="$(cat requirements.txt requirements/*.txt requirements/setup.sh | sha256sum | cut -d' ' -f1)"
if [ "$(cat "$venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
  say "Installing Python packages into $venv ..."
  "$(python)" -m venv --clear "$venv"
  pip=("$venv/bin/python" -m pip install -q --disable-pip-version-check)
  case "$kind" in
    embedded) "${pip[@]}" -c requirements.txt -r requirements/embedded.txt ;;
    full) "${pip[@]}" -r requirements.txt ;;
    test)
      # The CPU build, by itself and first: the registry's newest torch would bring gigabytes of
      # CUDA. Where PyTorch's own index cannot be reached, another one may hold the same version.
      "${pip[@]}" --retries 0 --timeout 10 --index-url https://download.pytorch.org/whl/cpu torch==2.13.0 2>/dev/null ||
        "${pip[@]}" torch==2.13.0
      grep -v '^torch==' requirements.txt >"$venv/constraints.txt"
      "${pip[@]}" -c "$venv/constraints.txt" -r requirements/embedded.txt -r requirements/test.txt
      ;;
  esac
  echo "$stamp" >"$venv/.stamp"
fi

if [ "$kind" = test ] && ! command -v chromium >/dev/null; then
  # Ubuntu's chromium is a snap, which containers cannot run: Playwright brings its own.
  "$venv/bin/playwright" install --with-deps chromium
fi
