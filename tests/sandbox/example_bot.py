"""A real bot, with hikari and lightbulb, that does a little of everything that bots can do."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hikari
import lightbulb

from bot.sandbox import Sandbox

INTENTS = hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT
EPHEMERAL = hikari.MessageFlag.EPHEMERAL
WAVEFORM = base64.b64encode(bytes(range(64))).decode()
VOICE = hikari.Bytes(b"OggS" + bytes(1000), "voice-message.ogg", mimetype="audio/ogg")


class Echo(lightbulb.SlashCommand, name="echo", description="Say it again"):
    text = lightbulb.string("text", "What to say", max_length=20)
    times = lightbulb.integer("times", "How often", default=1, min_value=1, max_value=3)

    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(" ".join([self.text] * self.times))


class Think(lightbulb.SlashCommand, name="think", description="Defer, answer, follow up, edit"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.defer()
        await ctx.respond("first")
        follow_up = await ctx.respond("second")
        await ctx.edit_response(follow_up, "second, edited")


class Secret(lightbulb.SlashCommand, name="secret", description="For your eyes only"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(f"between us, in {ctx.interaction.locale}", flags=EPHEMERAL)


class Silent(lightbulb.SlashCommand, name="silent", description="Never answers"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await asyncio.sleep(60)


async def fruits(ctx: lightbulb.AutocompleteContext[str]) -> None:
    typed = str(ctx.focused.value or "")
    await ctx.respond([fruit for fruit in ("apple", "apricot", "banana") if fruit.startswith(typed)])


class Eat(lightbulb.SlashCommand, name="eat", description="Choose as you type"):
    fruit = lightbulb.string("fruit", "Which", autocomplete=fruits)

    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(f"ate {self.fruit}")


class Measure(lightbulb.SlashCommand, name="measure", description="How large a file is"):
    file = lightbulb.attachment("file", "Any file")

    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        data = await self.file.read()
        await ctx.respond(f"{self.file.filename} {self.file.media_type} {len(data)}")


class Speak(lightbulb.SlashCommand, name="speak", description="Answer aloud"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.interaction.app.rest.create_interaction_voice_message_response(
            ctx.interaction.id, ctx.interaction.token, VOICE, WAVEFORM, 1.5
        )


class Form(lightbulb.SlashCommand, name="form", description="Open a form"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        row = hikari.impl.ModalActionRowBuilder()
        row.add_text_input("prompt", "Prompt", style=hikari.TextInputStyle.PARAGRAPH, max_length=30, value="as it was")
        await ctx.respond_with_modal("Change it", "change", components=[row])


class Panel(lightbulb.SlashCommand, name="panel", description="Buttons and a list"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        buttons = hikari.impl.MessageActionRowBuilder()
        for custom_id in ("update", "reply", "defer", "form"):
            buttons.add_interactive_button(hikari.ButtonStyle.PRIMARY, custom_id, label=custom_id.title())
        choice = hikari.impl.MessageActionRowBuilder()
        menu = choice.add_text_menu("colour", min_values=1)
        menu.add_option("Red", "r")
        menu.add_option("Green", "g")
        await ctx.respond("panel", components=[buttons, choice])


class Guarded(
    lightbulb.SlashCommand,
    name="guarded",
    description="For those who manage the guild",
    default_member_permissions=hikari.Permissions.MANAGE_GUILD,
):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond("done")


class Quote(lightbulb.MessageCommand, name="Quote this"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(f"> {self.target.content}")


class Greet(lightbulb.UserCommand, name="Greet"):
    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(f"hello, {self.target.username}")


COMMANDS = (Echo, Think, Secret, Silent, Eat, Measure, Speak, Form, Panel, Guarded, Quote, Greet)


async def use_component(interaction: hikari.ComponentInteraction) -> None:
    match interaction.custom_id:
        case "update":
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "updated", components=[])
        case "reply":
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "replied", flags=EPHEMERAL)
        case "defer":
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
            await interaction.edit_initial_response("deferred, then edited")
        case "colour":
            chosen = ", ".join(interaction.values)
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"chose {chosen}")
        case "form":
            row = hikari.impl.ModalActionRowBuilder().add_text_input("prompt", "Prompt")
            await interaction.create_modal_response("Change it", "change", components=[row])


async def take_form(interaction: hikari.ModalInteraction) -> None:
    field = interaction.components[0][0]
    assert isinstance(field, hikari.TextInputComponent)
    text = field.value
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, f"changed to {text!r}")


def build(sandbox: Sandbox, intents: hikari.Intents = INTENTS) -> hikari.GatewayBot:
    """The bot, not yet started."""
    bot = hikari.GatewayBot(sandbox.bot_token, rest_url=sandbox.rest_url, banner=None, logs=None, intents=intents)
    client = lightbulb.client_from_app(bot)
    for command in COMMANDS:
        client.register(command)
    bot.subscribe(hikari.StartingEvent, client.start)

    async def on_interaction(event: hikari.InteractionCreateEvent) -> None:
        if isinstance(event.interaction, hikari.ComponentInteraction):
            await use_component(event.interaction)
        elif isinstance(event.interaction, hikari.ModalInteraction):
            await take_form(event.interaction)

    bot.subscribe(hikari.InteractionCreateEvent, on_interaction)
    return bot


@asynccontextmanager
async def running(bot: hikari.GatewayBot, *, shard_count: int | None = None) -> AsyncIterator[hikari.GatewayBot]:
    """``bot``, started; it is always closed at the end."""
    await bot.start(check_for_updates=False, shard_count=shard_count)
    try:
        yield bot
    finally:
        await bot.close()
