"""The OpenAPI 3.1 document, made from the operations and their types."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, TypeAdapter

from bot.web.api.operations import OPERATIONS, PREFIX, Operation

_REFS = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM_SCHEMA}
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "topicbot", "version": version("topicbot")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(one: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.run.__name__,
        "summary": (one.run.__doc__ or "").strip(),
        "parameters": _parameters(one),
        "responses": {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": _schema(one.returns, schemas)}},
            },
            "default": {
                "description": "What is wrong, and what to do next (RFC 9457).",
                "content": {PROBLEM: {"schema": {"$ref": _REFS.format(model="Problem")}}},
            },
        },
    }
    if one.body is not None:
        content = {"application/json": {"schema": _schema(one.body, schemas)}}
        found["requestBody"] = {"required": True, "content": content}
        found["responses"]["201"] = found["responses"]["200"]
    if one.run.__name__ == "article":
        found["responses"]["304"] = {"description": "As it was: `If-None-Match` has its `ETag`."}
    return found


def _parameters(one: Operation) -> list[dict[str, Any]]:
    described = one.query.model_json_schema()
    needed = described.get("required", [])
    found = [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": schema.get("description", ""),
            "schema": _without_null(schema),
        }
        for name, schema in described.get("properties", {}).items()
    ]
    if "{article_id}" in one.path:
        found.append({"name": "article_id", "in": "path", "required": True, "schema": {"type": "string"}})
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema; one that is left out is absent, never null."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    return {name: value for name, value in kinds[0].items() if name not in ("title", "description", "default")}


def _schema(shape: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the type's schema, which is put among `schemas` with those it uses."""
    whole = TypeAdapter(shape).json_schema(ref_template=_REFS)
    schemas |= whole.pop("$defs", {})
    name = getattr(shape, "__name__", "")
    if isinstance(shape, type) and (issubclass(shape, BaseModel) or hasattr(shape, "__total__")):
        schemas[name] = whole
        return {"$ref": _REFS.format(model=name)}
    return whole


_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
