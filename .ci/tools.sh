# shellcheck shell=bash
# What the scripts beside this one share: they install what they need, below target/ where it is no package of the system.
# Sourced, never run.

tools=$PWD/target/ci

# say TEXT: what comes now.
say() { printf '\n== %s\n' "$*"; }

# fail TEXT
fail() { printf 'FAIL %s\n' "$*" >&2; exit 1; }

# exits CODE COMMAND…: the command must end so.
exits() {
    local want=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" = "$want" ] || fail "$* ended with $code, not $want"
}

# debian COMMAND PACKAGE…: installs packages where the command is missing.
debian() {
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || fail "$1 is missing"
    [ -n "${apt_updated:-}" ] || { apt-get update -qq; apt_updated=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

# python_packages PACKAGE…: into an environment of its own, whose programs come first from then on.
python_packages() {
    [ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
    PATH=$tools/venv/bin:$PATH
}

# node_packages PACKAGE…
node_packages() {
    mkdir -p "$tools/node"
    npm install --prefix "$tools/node" --no-audit --no-fund --ignore-scripts --loglevel error "$@" >/dev/null
    PATH=$tools/node/node_modules/.bin:$PATH
}

# The settings of releases, or those of QUICK=1: the same program, slower and larger, in a third of the time.
if [ -n "${QUICK:-}" ]; then
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
fi

musl=x86_64-unknown-linux-musl

# Builds the static program; a dependency that has C wants a compiler that links against musl.
static_program() {
    debian musl-gcc musl-tools
    ! command -v rustup >/dev/null || rustup target add "$musl" >/dev/null 2>&1
    export CC_x86_64_unknown_linux_musl=musl-gcc
    cargo build --release --locked --target "$musl"
}
