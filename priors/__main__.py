"""`python -m priors` writes the JSON Schema of a worldview file anew."""

from priors import files, json_schema

files.write_json_schema(json_schema())
