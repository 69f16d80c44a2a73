#!/usr/bin/env bash
# A private PostgreSQL cluster for the ledger's tests: in a temporary directory, on a Unix socket there, without TCP.
#
#   tests/postgres.sh start       prints the URL for NEWSBOT_TEST_POSTGRES; its `host` is the cluster's directory
#   tests/postgres.sh stop DIR    ends the cluster in DIR (or of such a URL) and removes it
#
# Needs Debian's package postgresql (its binaries need not be on PATH). PostgreSQL refuses to run as root: then it
# runs as the user postgres, which that package makes.
set -euo pipefail
cd /  # the user postgres may not be allowed into the caller's directory

say() { printf 'postgres.sh: %s\n' "$1" >&2; exit "${2:-1}"; }

binaries() {
    local found
    found=$(find /usr/lib/postgresql/*/bin /usr/local/pgsql/bin -maxdepth 1 -name pg_ctl 2>/dev/null | sort -V | tail -n 1)
    found=${found:-$(command -v pg_ctl || true)}
    [ -n "$found" ] || say "there is no pg_ctl here: install the package postgresql"
    dirname "$found"
}

# Run a command as someone whom PostgreSQL lets run it.
as_server() {
    if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi
}

start() {
    local bin dir
    bin=$(binaries)
    [ "$(id -u)" -ne 0 ] || id postgres >/dev/null 2>&1 || say "there is no user postgres: install the package postgresql"
    dir=$(TMPDIR='' mktemp -d -t newsbot-pg.XXXXXXXX)  # not below a long TMPDIR: a socket's path has 107 bytes at most
    chmod 755 "$dir"
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    trap 'remove "$dir"' ERR INT TERM
    as_server "$bin/initdb" -D "$dir/cluster" -U newsbot -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 \
        || { tail -n 5 "$dir/initdb.log" >&2; remove "$dir"; say "initdb failed"; }
    # Durability off: the tests kill clients, never this server.
    as_server "$bin/pg_ctl" start -w -t 60 -s -D "$dir/cluster" -l "$dir/server.log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c full_page_writes=off -c max_connections=60" \
        </dev/null >/dev/null 2>&1 \
        || { tail -n 5 "$dir/server.log" >&2 || true; remove "$dir"; say "the server did not start"; }
    as_server "$bin/createdb" -h "$dir" -U newsbot newsbot || { remove "$dir"; say "createdb failed"; }
    trap - ERR INT TERM
    printf 'postgresql+psycopg://newsbot@/newsbot?host=%s\n' "$dir"
}

remove() {
    [ ! -s "$1/cluster/postmaster.pid" ] || as_server "$(binaries)/pg_ctl" stop -s -w -t 60 -m immediate -D "$1/cluster" >/dev/null 2>&1 \
        || printf 'postgres.sh: the server in %s did not stop\n' "$1" >&2
    rm -rf -- "$1"
}

case "${1:-}" in
    start) [ $# -eq 1 ] || say "start takes no argument" 2; start ;;
    stop)
        dir=${2:-}; dir=${dir##*host=}
        case "$dir" in /*/newsbot-pg.????????) ;; *) say "stop wants the directory that start named, not '$dir'" 2 ;; esac
        [ -d "$dir/cluster" ] || say "there is no cluster in $dir: already stopped?"
        remove "$dir" ;;
    *) say "usage: postgres.sh start | stop DIR" 2 ;;
esac
