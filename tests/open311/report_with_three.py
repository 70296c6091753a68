# -*- coding: utf-8 -*-
"""Reports and reads with three 0.8.0 from PyPI (Python 2.7)."""
import sys

from three import Three

door, key = sys.argv[1], sys.argv[2]
discovery = Three(discovery=door + "discovery.json").discovery()
url = [it["url"] for it in discovery["endpoints"] if it["specification"].endswith("GeoReport_v2")][0]
for spelling in ("json", "xml"):
    client = Three(door + "v2/", api_key=key, format=spelling)
    listed = client.services()
    services = listed if spelling == "json" else listed["service"]
    codes = [service["service_code"] for service in services]
    # A matter that is usually no complaint, so that it can be read back.
    code = "H080101" if "H080101" in codes else codes[0]
    definition = client.services(code)
    assert definition["service_code"] == code, definition
    made = client.post(code, address=u"幸福路7号", name="Fang Wang", phone="13900000009",
                       email="w@example.cn", description=u"楼顶漏水", lat="39.9042", long="116.4074")
    request = made[0] if spelling == "json" else made["request"]
    number = request["service_request_id"]
    found = client.request(number)
    found = found[0] if spelling == "json" else found["request"]
    assert (found["service_request_id"], found["status"]) == (number, "open"), found
    mine = client.requests(code, status="open")
    mine = mine if spelling == "json" else mine["request"]
    mine = mine if isinstance(mine, list) else [mine]
    assert number in [one["service_request_id"] for one in mine]
    refused = Three(door + "v2/", api_key="xyz", format=spelling).post(code, address="x")
    refused = refused[0] if spelling == "json" else refused["error"]
    assert str(refused["code"]) == "403", refused
    print("three 0.8.0, %s: reported %s at %s" % (spelling, number, url))
