"""Friendly names for runs that were given none."""

import random

ADJECTIVES = """
    amber ancient azure brave bright brisk calm cedar clear cobalt coral crisp dapper deep dewy
    eager early easy fair fleet fond frosty gentle gilded glad golden grand happy hardy honest
    humble ivory jade jolly keen kind lively lucid lucky lunar mellow merry mild misty mossy
    neat nimble noble olive patient plucky polite proud quick quiet rapid rosy royal rustic sage
    serene silent silver sleek smooth snowy solar spry steady still sunny swift tidy tranquil
    vivid warm wise witty young zesty
    """.split()
NOUNS = """
    acorn anchor aspen badger bamboo beacon birch bison breeze brook canyon cedar cliff cloud
    comet coral crane creek dawn delta dune eagle ember falcon fern finch fjord forest fox
    garden glacier grove gull harbour hawk heron hill ibis island jasmine kestrel lagoon lake
    lantern lark leaf lily lotus maple marsh meadow mesa moon moss otter owl panda peak pebble
    pine plum pond prairie quartz rain raven reef river robin sail shore sparrow spring spruce
    star stone stream summit swan thistle tide valley willow wren
    """.split()


def friendly_name(number: int) -> str:
    """Return a name such as `quiet-heron-12` for a project's run of this number."""
    adjective, noun = random.choice(ADJECTIVES), random.choice(NOUNS)  # noqa: S311 - a name, not a secret  # nosec B311
    return f"{adjective}-{noun}-{number}"
