#!/bin/sh
# Asks a running server with published Open311 clients, in JSON and in XML: georeport (reading; Python 3)
# and three (reading and reporting; Python 2.7, where there is one). Both come from PyPI into a folder of
# their own. Usage: tests/open311/clients.sh http://127.0.0.1:8080 API_KEY
set -eu
base=${1:?where the server is} key=${2:?the key of a machine account with tickets:write}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/three3"
"$folder/three3/bin/pip" -q install georeport==0.3.1
"$folder/three3/bin/python" "$here/read_with_georeport.py" "$base/open311/v2"
python=${PYTHON2:-python2.7}
if "$python" -c 'import sys; assert sys.version_info[:2] == (2, 7)' 2>/dev/null; then
    "$python" -m pip -q install --disable-pip-version-check --target="$folder/two" three==0.8.0 2>/dev/null
    PYTHONPATH="$folder/two" "$python" "$here/report_with_three.py" "$base/open311/" "$key"
else
    echo "three 0.8.0: not asked, there is no Python 2.7 (PYTHON2 names one)"
fi
