"""`tunelet recipes`, `tunelet inspect` and `tunelet doctor`: what there is, before anything is trained."""

from typing import Annotated

import typer

from tunelet._output import console
from tunelet.cli._family import Json, SomeModel, examples, family, print_json, recipe_names

commands = family()


@commands.command(
    epilog=examples("tunelet recipes", "tunelet recipes thorough > mine.toml", "tunelet train sample --recipe thorough")
)
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="recipe to print as TOML; default: a list", autocompletion=recipe_names),
    ] = None,
    json: Json = False,
) -> None:
    """List the recipes, or print one as TOML."""
    from tunelet.recipe import dump_recipe, named_recipes, resolve_recipe

    if name is None:
        listed = {key: recipe.description for key, recipe in named_recipes().items()}
        if json:
            print_json({"recipes": listed})
        else:
            for key, description in listed.items():
                typer.echo(f"{key:<22}{description}")
        return
    recipe = resolve_recipe(name)
    if json:
        print_json(recipe.model_dump())
    else:
        typer.echo(dump_recipe(recipe), nl=False)


@commands.command(epilog=examples("tunelet inspect minilm", "tunelet inspect ./my-encoder --rank 16 --json"))
def inspect(
    model: SomeModel,
    rank: Annotated[int, typer.Option(metavar="R", min=1, help="rank of LoRA to count parameters for")] = 8,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="random weights, so that a folder without weights will do")
    ] = False,
    json: Json = False,
) -> None:
    """Show what training a model takes. Layers, LoRA targets, parameter counts, memory and time."""
    from tunelet import inspect as inspect_model

    inspection = inspect_model(model, rank=rank, random_weights=random_weights)
    if json:
        print_json(inspection.to_dict())
        return
    from tunelet.console import inspection_screen

    inspection_screen(console(), inspection)


@commands.command(epilog=examples("tunelet doctor", "tunelet doctor --json"))
def doctor(json: Json = False) -> None:
    """Show what this machine can do, what is chosen on it, and why."""
    from tunelet import doctor as examine

    examination = examine()
    if json:
        print_json(examination.to_dict())
        return
    from tunelet.console import examination_screen

    examination_screen(console(), examination)
