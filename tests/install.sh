#!/bin/sh
# install.sh build|demo|test: what is missing for it is installed on Debian and Ubuntu (through sudo when not root);
# on another system it is named, and we stop. Probes come first: where nothing is missing nothing is asked or changed.
set -u
purpose=${1:-test}
cc=${CC:-cc}
missing=

need() { # need PACKAGE COMMAND...: the package is missing when the command fails
  package=$1
  shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
compiles() { printf '%s\n' "$1" | "$cc" -x c -c -o /dev/null -; }
links() { # links FUNCTION LIBRARY...
  function=$1
  shift
  probe=$(mktemp) || return 1
  printf 'void %s(void); int main(void) { %s(); return 0; }\n' "$function" "$function" | "$cc" -x c -o "$probe" - "$@"
  status=$?
  rm -f "$probe"
  return $status
}
has_lapack() { if [ "$(uname -s)" = Darwin ]; then :; else links dpstrf_ -llapack -lblas; fi; }

if command -v "$cc" >/dev/null && compiles '#include <stdio.h>'; then
  need libsqlite3-dev compiles '#include <sqlite3ext.h>'
  need libopenblas-dev has_lapack
  need libsuitesparse-dev links amd_order -lamd -lsuitesparseconfig
else
  [ -z "${CC:-}" ] || [ "$CC" = cc ] || [ "$CC" = gcc ] || missing=" $CC"
  missing="$missing gcc libc6-dev libsqlite3-dev libopenblas-dev libsuitesparse-dev"
fi
if [ "$purpose" != build ]; then
  need sqlite3 command -v sqlite3
  need python3 command -v python3
fi
if [ "$purpose" = test ]; then
  python=/usr/bin/python3
  [ -x $python ] || python=python3
  need python3-pytest $python -c 'import pytest'
  need python3-numpy $python -c 'import numpy'
  need python3-scipy $python -c 'import scipy'
  need python3-venv $python -c 'import ensurepip, venv'
  need binutils command -v nm
  need clang command -v clang
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing, under Debian's names:$missing" >&2
  echo "Install what your system calls these (compiler, SQLite's headers and shell, LAPACK, AMD of SuiteSparse, Python 3), then run make again." >&2
  exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "As root, please: apt-get install$missing" >&2
    exit 1
  fi
  sudo=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends $missing >/dev/null || {
  echo "apt-get could not install:$missing" >&2
  exit 1
}
