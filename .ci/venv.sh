# shellcheck shell=bash
# Makes and keeps .venv; sourced by run and test, which call `make_venv runtime` or `make_venv dev`.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
stamp=$venv/.stamp
unfinished="unfinished: an install was interrupted here"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# Leaves .venv ready with at least the dependencies of $1, and does nothing if it is already.
make_venv() {
    if is_ready "$1"; then return; fi
    # Only one start at a time goes on. The lock is on this very file, so that no other is left behind.
    (
        wait_for_others
        if is_ready "$1"; then exit; fi
        if ! is_usable; then new_venv; fi
        install "$(larger_of "$1" "$(stamped_kind)")"
    ) 9<"$root/.ci/venv.sh"
}

wait_for_others() {
    command -v flock >/dev/null || return 0
    flock -n 9 && return
    say "Another start is making .venv; waiting for it ..."
    flock 9
}

# The stamp holds three lines: where and with which Python it was made, what was asked for, and runtime or dev.
is_ready() {
    [ -f "$stamp" ] && [ -x "$venv/bin/maac-sim" ] || return 1
    case $(stamped_kind) in
    "$1" | dev) [ "$(sed -n 1,2p "$stamp")" = "$(place && wanted)" ] && is_the_python_asked_for ;;
    *) return 1 ;;
    esac
}

# Whether an install can go into what is there. No stamp means that somebody made it by hand, which is fine.
is_usable() {
    local here
    here=$(place) && "$venv/bin/python" -c 'import pip' 2>/dev/null && is_the_python_asked_for || return 1
    [ ! -f "$stamp" ] || [ "$(sed -n 1p "$stamp")" = "$here" ]
}

is_the_python_asked_for() {
    [ -z "${MAAC_SIM_PYTHON:-}" ] || [ "$(version_of "$MAAC_SIM_PYTHON")" = "$(version_of "$venv/bin/python")" ]
}

place() {
    local version
    version=$(version_of "$venv/bin/python") && [ -n "$version" ] && printf '%s with Python %s\n' "$root" "$version"
}

wanted() { cat "$root/pyproject.toml" "$root/constraints.txt" | cksum; }

stamped_kind() { sed -n 3p "$stamp" 2>/dev/null || true; }

larger_of() { case "$*" in *dev*) echo dev ;; *) echo runtime ;; esac }

version_of() { "$1" -c 'import platform; print(platform.python_version())' 2>/dev/null </dev/null; }

new_venv() {
    local python why="first start only"
    [ ! -e "$venv" ] || why="the one that is there is broken, was moved or has another Python"
    find_python
    say "Making .venv with Python $(version_of "$python") ($why) ..."
    rm -rf -- "$venv"
    mkdir -- "$venv"
    echo "$unfinished" >"$stamp"
    "$python" -m venv "$venv" || fail "$python could not make .venv; what it said is above."
}

install() {
    local target="${root}[server]" began=$SECONDS
    [ "$1" = runtime ] || target="${root}[dev]"
    say "Installing what pyproject.toml asks for ($1) into .venv ..."
    echo "$unfinished" >"$stamp"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -c "$root/constraints.txt" -e "$target" ||
        fail "The install failed; what pip said is above. Start again when that is solved."
    { place && wanted && echo "$1"; } >"$stamp"
    say "Done in $((SECONDS - began)) s; later starts skip this."
}

# Sets $python to the first one that really runs and can make a .venv: shims and shop stubs are in PATH, too.
find_python() {
    local candidates=(python3.13 python3.12 python3.11 python3 python) candidate answer complaint=""
    [ -z "${MAAC_SIM_PYTHON:-}" ] || candidates=("$MAAC_SIM_PYTHON")
    for candidate in "${candidates[@]}"; do
        answer=$(probe "$candidate")
        if [ "$answer" = good ]; then
            python=$candidate
            return
        fi
        complaint=${complaint:-$answer}
    done
    fail "${complaint:-$(no_python)}"
}

# Prints "good", a complaint about a Python that is nearly good, or nothing.
probe() {
    local version
    version=$(version_of "$1") || return 0
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null || return 0
    if "$1" -c 'import venv, ensurepip' 2>/dev/null </dev/null; then
        echo good
    else
        echo "$1 (Python $version) cannot make .venv: its venv or ensurepip module is missing." \
            "On Debian and Ubuntu: apt-get install python3 python3-venv"
    fi
}

no_python() {
    if [ -n "${MAAC_SIM_PYTHON:-}" ]; then
        echo "MAAC_SIM_PYTHON is $MAAC_SIM_PYTHON, which is not a Python of 3.11 or newer that runs."
    else
        echo "No Python of 3.11 or newer that runs was found." \
            "On Debian and Ubuntu: apt-get install python3 python3-venv" \
            "(or name one: MAAC_SIM_PYTHON=/path/to/python3.12)."
    fi
}
