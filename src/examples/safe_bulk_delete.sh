#!/bin/sh
# Deletes all proxy keys with care: backup, review, confirmation, deletion, check. Needs curl, and no jq.
#
# PROXY_KEYS_URL and PROXY_KEYS_TOKEN say where and who. Exit codes: 0 done, 1 aborted by the user, 2 wrong arguments or
# environment, 3 a new token is needed (401), 4 the token lacks a scope (403), 5 no answer, 6 any other refusal.

set -u
umask 077
LC_ALL=C
export LC_ALL

proxy=/v1/auth/proxy
# For how many seconds a call is repeated that was told to wait, or that got no answer.
patience=120

usage() {
    say "usage: safe_bulk_delete.sh [--backup FILE] [--yes]"
    say "  --backup FILE  where to save the keys before; must not exist (default: $backup)"
    say "  --yes          do not ask to type DELETE"
}

# Unlike echo, the same in every shell.
say() {
    printf '%s\n' "$1"
}

fail() { # exit code, message
    say "$2" >&2
    exit "$1"
}

cleanup() {
    code=$?
    trap - EXIT
    if [ "$backup_kept" = no ]; then
        rm -f -- "$backup"
    fi
    rm -rf "$work"
    exit "$code"
}

# Names and messages come from elsewhere: none of them gets to steer the terminal.
printable() {
    tr -d '\000-\037\177'
}

# The value of a field of the JSON object in a file, as it was sent: money is never calculated with here.
field() { # file, name
    tr -d '\r\n' <"$1" | sed -n -e 's/.*"'"$2"'":"\([^"]*\)".*/\1/p' -e t -e 's/.*"'"$2"'":\([-0-9.]*\).*/\1/p' | printable
}

# The values of a header of the last answer, one a line.
header() { # name
    tr -d '\r' <"$work/headers" | sed -n "s/^$1:[ 	]*//p"
}

# Sends a call once; its status is in $status, "000" without an answer.
send() { # method, url, Idempotency-Key or nothing
    : >"$work/headers"
    : >"$work/body"
    # The token goes through a pipe: arguments are for everybody on this machine to see. -q: a .curlrc could print it, or
    # follow a redirect and take it elsewhere.
    status=$({
        printf 'header = "Authorization: Bearer %s"\n' "$token"
        if [ -n "$3" ]; then
            printf 'header = "Idempotency-Key: %s"\n' "$3"
        fi
    } | curl -q --config - --silent --show-error --globoff --connect-timeout 10 --max-time 35 \
        --request "$1" --header 'Accept: application/json' --dump-header "$work/headers" --output "$work/body" \
        --write-out '%{http_code}' --url "$2" 2>"$work/error")
    curl_code=$?
    # Lower case names, so that they can be found however a gateway writes them.
    awk '{ colon = index($0, ":"); print tolower(substr($0, 1, colon)) substr($0, colon + 1) }' "$work/headers" \
        >"$work/headers.lower" && mv "$work/headers.lower" "$work/headers"
    if [ "$curl_code" -ne 0 ]; then
        # Also when the status came and the body broke off.
        status=000
    fi
}

# Repeats a call as long as that can help, always with the same Idempotency-Key. The answer is in $work/body.
call() { # method, url, Idempotency-Key or nothing
    waited=0
    pause=1
    outcome=
    while :; do
        send "$1" "$2" "$3"
        again=no
        told=
        detail=$(field "$work/body" detail)
        # The gateway's own refusals have nothing but a message.
        [ -n "$detail" ] || detail=$(field "$work/body" message)
        case $status in
        200)
            return 0
            ;;
        000)
            code=5
            message="No answer: $(printable <"$work/error")."
            # A read has changed nothing: whoever reads can start again. After a deletion one has to know.
            [ "$1" = GET ] || again=yes
            # Curl's 6 and 7: the host is not known, or does not let us in. Nothing was sent.
            [ "$curl_code" -eq 6 ] || [ "$curl_code" -eq 7 ] || outcome=unknown
            ;;
        401)
            code=3
            message="Not authenticated (401): $detail Set PROXY_KEYS_TOKEN to a new token."
            ;;
        403)
            code=4
            scope=$(header www-authenticate | sed -n 's/.*scope="\([^"]*\)".*/\1/p' | head -n 1 | printable)
            message="Not allowed (403): ${scope:+the token lacks the scope }${scope:-$detail}"
            ;;
        429 | 500 | 502 | 503 | 504)
            code=6
            message="Refused ($status): $detail"
            again=yes
            told=$(header retry-after | tail -n 1)
            [ "$status" = 429 ] || outcome=unknown
            ;;
        *)
            code=6
            message="Refused ($status): $detail"
            ;;
        esac
        case $told in
        '' | 0* | *[!0-9]* | ??????*) wait=$pause ;;
        *) wait=$told ;;
        esac
        waited=$((waited + wait))
        if [ "$again" = no ] || [ "$waited" -gt "$patience" ]; then
            if [ "$outcome" = unknown ] && [ -n "$3" ]; then
                message="$message It is not known whether the keys were deleted. To find out, repeat the same call with the\
 Idempotency-Key $3: it never deletes twice."
            fi
            fail "$code" "$message"
        fi
        say "$message Trying again in $wait s." >&2
        sleep "$wait"
        pause=$((pause * 2))
        [ "$pause" -le 15 ] || pause=15
    done
}

# The target of rel="next" in the Link headers (RFC 8288), made absolute; nothing on the last page.
next_url() { # url of this page
    next=$(tr -d '\r' <"$work/headers" | awk '
        /^link:/ {
            sub(/^link:[ \t]*/, "")
            links = split($0, link, /,[ \t]*</)
            for (i = 1; i <= links; i++) {
                target = link[i]
                sub(/^</, "", target)
                parameters = tolower(substr(target, index(target, ">") + 1)) ";"
                target = substr(target, 1, index(target, ">") - 1)
                if (parameters ~ /;[ \t]*rel[ \t]*=[ \t]*("([^"]*[ \t])?next([ \t][^"]*)?"|next[ \t]*;)/) {
                    print target
                    exit
                }
            }
        }')
    here=${1%%\?*}
    case $next in
    '') return ;;
    http://* | https://*) ;;
    //*) next=${origin%%//*}$next ;;
    /*) next=$origin$next ;;
    \?*) next=$here$next ;;
    *) next=${here%/*}/$next ;;
    esac
    case $next in
    *[!!-~]*) ;;
    "$origin"/*) grep -Fqx "$next" "$work/seen" || say "$next" ;;
    esac
}

# Writes all keys as one JSON array, in the bytes that were sent, into a file, and their identifiers into another.
list() { # file for the keys, file for the identifiers
    url=$base$proxy
    pages=0
    : >"$2"
    : >"$work/seen"
    while [ -n "$url" ]; do
        say "$url" >>"$work/seen"
        call GET "$url" ''
        if [ "$(dd if="$work/body" bs=1 count=1 2>/dev/null)$(tail -c 1 "$work/body")" != '[]' ]; then
            fail 6 "What came back is not a list of keys."
        fi
        # A key is an object and has a "key" of its own; a quotation mark within a name is escaped and not mistaken for one.
        { tr '{' '\n' <"$work/body" && say ''; } | sed -n 's/.*"key":"\([^"]*\)".*/\1/p' >"$work/page"
        {
            if [ "$pages" -eq 0 ]; then
                printf '['
            elif [ -s "$work/page" ]; then
                printf ','
            fi
            sed -e '1s/^\[//' -e '$s/]$//' "$work/body"
        } >>"$1" || fail 6 "The backup cannot be written."
        cat "$work/page" >>"$2"
        pages=$((pages + 1))
        # A Link that leads elsewhere or in a circle must not end the list as if it were complete.
        url=$(next_url "$url")
        if [ -z "$url" ] && tr -d '\r' <"$work/headers" | grep -q '^link:.*next'; then
            fail 6 "The Link to the next page leads elsewhere or in a circle. It was not followed."
        fi
    done
    printf ']\n' >>"$1" || fail 6 "The backup cannot be written."
    sort -o "$2" "$2"
}

count() { # file with one identifier a line
    wc -l <"$1" | tr -d ' '
}

# --- Arguments and environment --------------------------------------------------------------------------------------

backup=proxy-keys-backup-$(date -u +%Y%m%dT%H%M%SZ)-$$.json
yes=no
while [ $# -gt 0 ]; do
    case $1 in
    --yes) yes=yes ;;
    --backup)
        [ $# -gt 1 ] && [ -n "$2" ] || fail 2 "--backup needs a file."
        backup=$2
        shift
        ;;
    --backup=?*) backup=${1#--backup=} ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

command -v curl >/dev/null || fail 2 "curl is not installed."

base=${PROXY_KEYS_URL-}
while [ "$base" != "${base%/}" ]; do
    base=${base%/}
done
case $base in
*[!!-~]* | *\?* | *#* | *@*) base= ;;
esac
case $base in
http://?* | https://?*) ;;
*) fail 2 "Set PROXY_KEYS_URL to the address of the API, such as http://localhost:8080, without a path." ;;
esac
origin=$(printf '%s\n' "$base" | sed 's|^\([a-z]*://[^/]*\).*|\1|')

token=${PROXY_KEYS_TOKEN-}
case $token in
'' | *[!A-Za-z0-9._~+/=-]*)
    fail 2 "Set PROXY_KEYS_TOKEN to an access token: the token alone, without the word Bearer."
    ;;
esac

# --- Backup -----------------------------------------------------------------------------------------------------------

work=$(mktemp -d) || fail 2 "No temporary folder can be made."
backup_kept=yes
trap cleanup EXIT
trap 'fail 1 "Aborted."' HUP INT TERM

# Noclobber makes the file only if it is not there.
if ! (set -C && : >"$backup") 2>/dev/null; then
    fail 2 "$backup exists already or cannot be written. Nothing was changed."
fi
backup_kept=no

list "$backup" "$work/saved"
saved=$(count "$work/saved")

call GET "$base$proxy/preview" ''
expected=$(field "$work/body" would_delete)
credits=$(field "$work/body" credits_to_return)
if [ "$saved" -eq 0 ] && [ "$expected" = 0 ]; then
    say "There are no proxy keys. Nothing was changed."
    exit 0
fi

# Not every sync takes a file; then it writes back everything.
sync "$backup" 2>/dev/null || sync
backup_kept=yes
say "$saved proxy keys are saved in $backup."

# --- Review and confirmation ------------------------------------------------------------------------------------------

say "$expected proxy keys will be deleted for good; $credits credits come back to the balance."
if [ "$expected" != "$saved" ]; then
    say "The keys changed while they were listed: $saved are in the backup. The receipt will have them all."
fi
if [ "$yes" = no ]; then
    printf 'Type DELETE to go on: '
    typed=
    read -r typed || :
    if [ "$typed" != DELETE ]; then
        say ''
        fail 1 "Aborted. Nothing was changed."
    fi
fi

# --- Deletion ---------------------------------------------------------------------------------------------------------

idempotency_key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
[ -n "$idempotency_key" ] || fail 2 "There is no randomness for an Idempotency-Key. Nothing was changed."
trap 'fail 1 "Interrupted. It is not known whether the keys were deleted. To find out, repeat the same call with the\
 Idempotency-Key $idempotency_key: it never deletes twice."' HUP INT TERM
call DELETE "$base$proxy" "$idempotency_key"
trap 'fail 1 "Interrupted after the deletion."' HUP INT TERM
say "Receipt   $(field "$work/body" revocation_id)"
say "Deleted   $(field "$work/body" deleted)"
say "Returned  $(field "$work/body" credits_returned) credits"
say "Balance   $(field "$work/body" balance) credits"

# --- Check ------------------------------------------------------------------------------------------------------------

list "$work/left" "$work/now"
survived=$(comm -12 "$work/saved" "$work/now" | wc -l | tr -d ' ')
left=$(count "$work/now")
if [ "$survived" -ne 0 ]; then
    fail 6 "$survived of the deleted keys are still listed."
elif [ "$left" -ne 0 ]; then
    say "Checked: none of the deleted keys is left. $left proxy keys were made while this ran and still work:\
 run this again to delete them too."
else
    say "Checked: no proxy key is left."
fi
