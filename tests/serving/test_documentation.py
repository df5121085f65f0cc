import json
import re


def test_each_example_of_the_document_is_answered(client):
    document = client.get("/openapi.json").json()
    tried = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for kind, about in operation.get("requestBody", {}).get("content", {}).items():
                for example in about.get("examples", {}).values():
                    body = example["value"]
                    content = body if isinstance(body, str) else json.dumps(body)
                    there = path.replace("{name}", "model").replace(
                        "{version}", client.get("/v2/models/model").json()["versions"][0]
                    )
                    headers = {"content-type": kind}
                    answer = client.request(method, there, content=content, headers=headers)
                    assert answer.status_code == 200, answer.text
                    tried.append(path)
    assert {"/invocations", "/v1/predictions", "/v1/what-if"} < set(tried)
    assert "/v2/models/{name}/infer" in tried


def test_the_page_has_every_endpoint_and_nothing_of_other_sites_or_inline(client):
    page, document = client.get("/docs").text, client.get("/openapi.json").json()
    for path in document["paths"]:
        assert path in page
    assert not re.search(r"<script|<style|style=|\bon\w+=|https?://", page)


def test_documentation_of_fastapi_that_needs_another_site_is_off(client):
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert client.get(path).status_code == 404


def test_a_cell_of_html_is_escaped_on_the_page(settings, trained, tmp_path):
    from placement.serving.pages.render import page

    told = page("login.html", session=None, role="", next='"><script>', error="<b>").body.decode()
    assert "<script>" not in told
    assert "<b>" not in told
