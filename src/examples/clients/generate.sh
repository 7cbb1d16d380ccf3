#!/bin/sh
# Generates clients in Python, TypeScript, Java and Go from openapi.yaml into target/clients, and compiles each whose tools are there.
# With PROXY_KEYS_URL and PROXY_KEYS_TOKEN (as ./mvnw quarkus:dev prints them) those in Python and TypeScript are used, too: they
# delete all keys of the account. README.md beside this file says what is exact and what is not.
set -eu
cd "$(dirname "$0")/../../.."

VERSION=7.21.0
TOOL="$HOME/.m2/repository/org/openapitools/openapi-generator-cli/$VERSION/openapi-generator-cli-$VERSION.jar"
HERE=src/examples/clients
OUT=target/clients
failed=0

say() { printf '\n== %s\n' "$*"; }
skipped() { printf '\n################ SKIPPED: %s\n' "$*"; }
generate() { # language, generator, options
  language=$1; generator=$2; shift 2
  say "$language ($generator)"
  rm -rf "${OUT:?}/$language"
  java -jar "$TOOL" generate -i src/main/resources/META-INF/openapi.yaml -g "$generator" -o "$OUT/$language" "$@" \
    > "$OUT/$language.log" 2>&1 || { cat "$OUT/$language.log"; exit 1; }
}
check() { "$@" || { failed=1; echo "FAILED: $*"; }; }

mkdir -p "$OUT"
[ -f "$TOOL" ] || ./mvnw -q -B dependency:get -Dartifact="org.openapitools:openapi-generator-cli:$VERSION" -Dtransitive=false

# There is a generator for each of the two versions of pydantic.
python= generator=python
for candidate in python3 /usr/bin/python3; do
  version=$("$candidate" -c 'import pydantic, dateutil, urllib3; print(pydantic.VERSION[:1])' 2> /dev/null) || continue
  python=$candidate
  [ "$version" != 1 ] || generator=python-pydantic-v1
  break
done
generate python "$generator" --additional-properties packageName=proxy_keys_client
if [ -n "$python" ]; then
  check env PYTHONPATH="$OUT/python" "$python" -c 'import proxy_keys_client; print("imported")'
else
  skipped "Python needs pydantic, python-dateutil and urllib3 (Debian: python3-pydantic python3-dateutil python3-urllib3)"
fi

generate typescript typescript-fetch
typescript=
if command -v npm > /dev/null && npm install --prefix "$OUT/tools" --silent --no-audit --no-fund typescript@5 @types/node@20 > /dev/null 2>&1; then
  cp "$HERE/flow.ts" "$OUT/typescript/"
  if "$OUT/tools/node_modules/.bin/tsc" --outDir "$OUT/typescript/dist" --target es2022 --module commonjs --strict --skipLibCheck \
       --lib es2022,dom --types node --typeRoots "$OUT/tools/node_modules/@types" "$OUT/typescript/flow.ts"; then
    typescript="$OUT/typescript/dist/flow.js"; echo "compiled"
  else
    failed=1; echo "FAILED: TypeScript"
  fi
else
  skipped "TypeScript needs Node 20 with npm"
fi

# Without the last two options a list that is not set is sent as an empty one, and an update would empty the whitelists.
generate java java --library native \
  --additional-properties invokerPackage=client,apiPackage=client.api,modelPackage=client.model,containerDefaultToNull=true,openApiNullable=false
check ./mvnw -q -B -f "$OUT/java/pom.xml" compile
[ $failed = 1 ] || echo "compiled"

generate go go --type-mappings number=float64 --additional-properties packageName=proxykeys
if ! command -v go > /dev/null; then
  skipped "Go is not there"
elif (cd "$OUT/go" && go build ./...); then
  echo "compiled"
else
  skipped "Go: its modules could not be fetched, or it did not compile; see above"
fi

if [ -n "${PROXY_KEYS_URL:-}" ] && [ -n "${PROXY_KEYS_TOKEN:-}" ]; then
  [ -z "$python" ] || { say "create, list, toggle, delete one, delete all, receipt, in Python"; check env PYTHONPATH="$OUT/python" "$python" "$HERE/flow.py"; }
  [ -z "$typescript" ] || { say "the same in TypeScript"; check node "$typescript"; }
else
  skipped "using them: set PROXY_KEYS_URL and PROXY_KEYS_TOKEN, as ./mvnw quarkus:dev prints them"
fi
exit $failed
