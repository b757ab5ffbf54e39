"""The options of `tunelet serve`, which stand in its help before anything of the service is loaded."""

from dataclasses import fields

from typer.main import get_command

from tunelet.cli._app import app
from tunelet.serve import ServeSettings


def test_the_options_of_serve_have_the_defaults_of_its_settings():
    parameters = {parameter.name: parameter.default for parameter in get_command(app).commands["serve"].params}
    for setting in fields(ServeSettings):
        assert parameters[setting.name] == setting.default, setting.name
