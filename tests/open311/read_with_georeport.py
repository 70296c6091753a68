"""Reads a server with georeport 0.3.1 from PyPI: both spellings must say the same."""
import sys

from georeport import GeoReport

as_json = GeoReport(sys.argv[1])
as_xml = GeoReport(sys.argv[1], output_format="xml")


def texts(value):
    """Leaves as XML has them."""
    if isinstance(value, list):
        return [texts(item) for item in value]
    if isinstance(value, dict):
        return {name: texts(item) for name, item in value.items()}
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


services = as_json.get_service_list()
assert services and texts(services) == as_xml.get_service_list()
for service in services[:3]:
    definition = as_json.get_service_definition(service["service_code"])
    assert definition["service_code"] == service["service_code"]
    xml = as_xml.get_service_definition(service["service_code"])
    codes = [attribute["code"] for attribute in xml["attributes"]["attribute"]]
    assert codes == [attribute["code"] for attribute in definition["attributes"]]
requests = as_json.get_service_requests()
assert len(requests) > 1 and texts(requests) == as_xml.get_service_requests()
first = requests[0]
assert texts(as_json.get_service_request(first["service_request_id"])) == texts(first)
assert as_xml.get_service_request(first["service_request_id"]) == texts(first)
for status in ("open", "closed"):
    some = as_json.get_service_requests(status=status)
    assert all(request["status"] == status for request in some)
same = as_json.get_service_requests(service_code=first["service_code"])
assert all(request["service_code"] == first["service_code"] for request in same)
print("georeport 0.3.1: %d services, %d requests, JSON and XML alike" % (len(services), len(requests)))
