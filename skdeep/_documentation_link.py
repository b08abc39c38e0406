"""Where scikit-learn's HTML representation of an estimator of ours links to."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata


def documentation_site() -> str:
    """The address in pyproject.toml; empty where the package has not been installed."""
    try:
        addresses = metadata("skdeep").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    return next((address.partition(", ")[2] for address in addresses if address.startswith("Documentation, ")), "")


class DocumentationLink:
    """Links the HTML representation of an estimator to its page of the API reference.

    scikit-learn fills in class and module, the latter up to the first private one.
    """

    _doc_link_module = "skdeep"

    @property
    def _doc_link_template(self) -> str:
        site = documentation_site()
        return site and f"{site}/api/{{estimator_module}}.{{estimator_name}}.html"
