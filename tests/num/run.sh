#!/bin/sh
# Builds and runs the C unit tests of the numeric layer: tests/num/run.sh [NAME ...] runs test_NAME.c (all without a name).
# CC, CFLAGS (added to the usual ones; for instance "-fsanitize=address,undefined -fno-sanitize-recover=all") and LIBS may be set.
# Objects go into an archive, so that a test links what it uses and no more.
set -eu
cd "$(dirname "$0")/../.."
: "${CC:=cc}" "${CFLAGS:=}" "${LIBS:=-llapack -lblas -lamd -lsuitesparseconfig -lm -lpthread}"
flags="-std=c11 -O2 -g -Wall -Wextra -Wconversion -Wshadow -Iext/num -Itests/num $CFLAGS"
build=build/num-$(echo "$CC $flags" | cksum | cut -d' ' -f1)
mkdir -p "$build"

# stale TARGET SOURCE: older than its source or than a header or table of any kind
stale() {
  [ ! -e "$1" ] || [ -n "$(find "$2" ext/num tests/num \( -path "$2" -o -name '*.h' -o -name '*.inc' \) -newer "$1" | head -1)" ]
}

for source in ext/num/*.c; do
  object=$build/$(basename "$source" .c).o
  # shellcheck disable=SC2086
  if stale "$object" "$source"; then "$CC" $flags -c "$source" -o "$object"; fi
done
rm -f "$build/libnum.a"
ar rcs "$build/libnum.a" "$build"/*.o

[ $# -gt 0 ] || set -- $(cd tests/num && ls test_*.c | sed 's/^test_//; s/\.c$//')
status=0
for name; do
  printf '%s: ' "$name"
  # shellcheck disable=SC2086
  if "$CC" $flags "tests/num/test_$name.c" "$build/libnum.a" $LIBS -o "$build/test_$name" && "$build/test_$name"; then :; else
    status=1
    echo "FAILED: test_$name"
  fi
done
exit $status
