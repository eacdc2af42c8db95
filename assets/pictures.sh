#!/bin/sh
# Makes the README's pictures anew, from the demo as of a fixed day: the same program makes the same pictures.
#
#     assets/pictures.sh                                      # builds spendtop
#     SPENDTOP=target/release/spendtop assets/pictures.sh     # takes one that is built
set -eu
cd "$(dirname "$0")/.."
shot() {
    name=$1
    shift
    # Neither a config of your own nor NO_COLOR changes them.
    env -u NO_COLOR SPENDTOP_CONFIG=/dev/null SPENDTOP_AS_OF=2026-11-19 \
        ${SPENDTOP:-cargo run --release --quiet --} screenshot --demo --size 120x36 "$@" > "assets/$name.svg.new"
    mv "assets/$name.svg.new" "assets/$name.svg"
}

shot spend
shot breakdown --by service --keys '2 d j j'
shot explain --keys 'w w w i j j'
shot light --period 2026-02-01..2026-11-01 --by service --theme light --keys '2 p'
