#!/usr/bin/env bash
# The judges that are no Python of ours: installs what is missing and prints the folder where they are.
#
#   tests/judges.sh           into .judges/ in the checkout, or the folder that NEWSBOT_JUDGES names
#
# In that folder: venv/bin/{cdxj-indexer,cdx-indexer,wb-manager,wayback,wacz,node},
# node/node_modules/{warcio,playwright-core,hexo,cheerio}, replaywebpage/{ui.js,sw.js}, and chromium, a link to the browser.
# Versions are pinned in tests/judges/ and below.
# Called again it finds all in place and is done in no time. Chromium and Node.js are the system's; root on Debian gets
# them with apt, anyone else is told their names.
set -euo pipefail
exec </dev/null  # nobody answers questions here

say() { printf 'judges.sh: %s\n' "$1" >&2; exit "${2:-1}"; }

[ $# -eq 0 ] || say 'usage: judges.sh (the folder is .judges/, or what NEWSBOT_JUDGES names)' 2
tests=$(cd "$(dirname "$0")" && pwd)
pins=$tests/judges
home=${NEWSBOT_JUDGES:-${tests%/*}/.judges}
log=$home/install.log

# Of this package only the two bundled scripts are wanted, so none of its two hundred dependencies.
replay=replaywebpage@2.5.3
replay_sha256=b7d35c39c4da9b7121c5a393911d8675d4cc6f19513c380191e16b086bea812c

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

packages() { # Debian packages that are needed here and missing
    browser >/dev/null || echo chromium
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

attempt() { # attempt WHAT COMMAND…: its output goes to the log; the end of it is shown when it fails
    local what=$1
    shift
    "$@" >"$log" 2>&1 || { tail -n 8 "$log" >&2; say "$what cannot be had here: see $log"; }
}

from_debian() {
    local missing
    missing=$(packages | xargs)
    [ -n "$missing" ] || return 0
    ((EUID == 0)) && command -v apt-get >/dev/null || say "missing here, and only root on Debian can install it: $missing"
    export DEBIAN_FRONTEND=noninteractive
    attempt 'the list of Debian packages' apt-get -o DPkg::Lock::Timeout=300 update -qq
    # shellcheck disable=SC2086 - names, one word each
    attempt "$missing" apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing
    browser >/dev/null || say 'there is no chromium here, though its package is installed'
}

from_python() {
    local python=${tests%/*}/.venv/bin/python  # a version that newsbot supports
    [ -x "$python" ] || python=python3
    attempt 'a virtual environment' "$python" -m venv --clear "$home/venv"
    attempt 'pywb, wacz, cdxj-indexer, selectolax and Node.js' \
        "$home/venv/bin/python" -m pip --disable-pip-version-check install -q --require-hashes -r "$pins/requirements.txt"
}

from_npm() {
    rm -rf "$home/node" "$home/replaywebpage"
    mkdir -p "$home/node" "$home/replaywebpage"
    cp "$pins/package.json" "$pins/package-lock.json" "$pins/.npmrc" "$home/node"
    cd "$home/node"
    attempt 'warcio, playwright-core, Hexo and cheerio' npm ci
    attempt "$replay" npm pack "$replay"
    attempt "the $replay that was pinned" sha256sum -c - <<<"$replay_sha256  ${replay/@/-}.tgz"
    attempt "$replay" tar xzf "${replay/@/-}.tgz" -C "$home/replaywebpage" --strip-components=1 package/ui.js package/sw.js
    cd /
}

mkdir -p "$home" || say "cannot make $home"
home=$(cd "$home" && pwd)
exec 9>"$home/.lock"
flock 9  # two at a time would spoil each other's work

# The stamp is what is installed; it is written last, so that a half-made folder has none.
stamp=$(cat "$pins/requirements.txt" "$pins/package-lock.json" "$0" | cksum)
from_debian
if [ "$(cat "$home/stamp" 2>/dev/null)" != "$stamp" ] || ! "$home/venv/bin/python" -c '' 2>/dev/null; then
    rm -f "$home/stamp"
    from_python
    from_npm
    printf '%s\n' "$stamp" >"$home/stamp"
fi
ln -sfn "$(browser)" "$home/chromium"
printf '%s\n' "$home"
