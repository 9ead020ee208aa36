"""The pages that people read."""

from __future__ import annotations

from flask import Blueprint, render_template

from app import __version__
from app import learning as hub

blueprint = Blueprint("pages", __name__, template_folder="templates")


@blueprint.get("/")
def playground() -> str:
    """The playground itself."""
    return render_template("index.html", version=__version__, glossary=hub.GLOSSARY)


@blueprint.get("/learning")
def learning() -> str:
    """The learning hub."""
    return render_template("learning.html", version=__version__, hub=hub)


@blueprint.get("/attacks")
def attacks() -> str:
    """Attacks and audits."""
    return render_template("attacks.html", version=__version__)
