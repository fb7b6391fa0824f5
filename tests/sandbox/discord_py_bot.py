"""A bot of another library, written as in discord.py's own documentation, and unaware of the sandbox."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands


class Questionnaire(discord.ui.Modal, title="Questionnaire"):
    """A modal with a text input in the older form, and with the newer labels that may hold other components."""

    name: discord.ui.TextInput[Questionnaire] = discord.ui.TextInput(label="Name", default="nobody")
    answer: discord.ui.Label[Questionnaire] = discord.ui.Label(
        text="Answer",
        description="At length",
        component=discord.ui.TextInput(style=discord.TextStyle.paragraph, max_length=300),
    )
    recording: discord.ui.Label[Questionnaire] = discord.ui.Label(
        text="Recording", component=discord.ui.FileUpload(required=False)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.answer.component, discord.ui.TextInput)
        assert isinstance(self.recording.component, discord.ui.FileUpload)
        sizes = [len(await file.read()) for file in self.recording.component.values]
        await interaction.response.send_message(f"{self.name.value}: {self.answer.component.value} {sizes}")


class Panel(discord.ui.View):
    @discord.ui.button(label="Count", style=discord.ButtonStyle.primary, custom_id="panel:count")
    async def count(self, interaction: discord.Interaction, button: discord.ui.Button[Panel]) -> None:
        button.label = "Counted"
        await interaction.response.edit_message(content="counted once", view=self)

    @discord.ui.button(label="Whisper", custom_id="panel:whisper")
    async def whisper(self, interaction: discord.Interaction, _: discord.ui.Button[Panel]) -> None:
        await interaction.response.send_message(f"only for {interaction.user.mention}", ephemeral=True)
        await interaction.followup.send("and this", ephemeral=True)

    @discord.ui.button(label="Slowly", custom_id="panel:slowly")
    async def slowly(self, interaction: discord.Interaction, _: discord.ui.Button[Panel]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="came late", view=None)

    @discord.ui.select(
        placeholder="Colours",
        min_values=1,
        max_values=2,
        options=[discord.SelectOption(label=c.title(), value=c) for c in ("red", "green", "blue")],
        custom_id="panel:colours",
    )
    async def colours(self, interaction: discord.Interaction, select: discord.ui.Select[Panel]) -> None:
        await interaction.response.send_message(f"chose {' and '.join(select.values)}")

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="panel:people", placeholder="People")
    async def people(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Panel]) -> None:
        await interaction.response.send_message(f"chose {select.values[0].display_name}")


class Layout(discord.ui.LayoutView):
    """Components that are the whole message."""

    body: discord.ui.Container[Layout] = discord.ui.Container(
        discord.ui.TextDisplay("## A layout"),
        discord.ui.Separator(),
        discord.ui.Section(
            discord.ui.TextDisplay("with a picture"), accessory=discord.ui.Thumbnail("attachment://a.png")
        ),
        accent_colour=0x5865F2,
    )
    row: discord.ui.ActionRow[Layout] = discord.ui.ActionRow()

    @row.button(label="Press", custom_id="layout:press")
    async def press(self, interaction: discord.Interaction, _: discord.ui.Button[Layout]) -> None:
        await interaction.response.send_message("pressed")


class Unpaused:
    """Leaves out the client's own pauses of 5 s before it identifies again: the sandbox allows 16 identifies at
    once."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        pass


class DiscordPyBot(Unpaused, commands.Bot):
    """Keeps every event it receives in ``heard``, under discord.py's own event names."""

    def __init__(self, intents: discord.Intents) -> None:
        # By default it waits 2 s for further guilds before it counts as ready.
        super().__init__("!", intents=intents, guild_ready_timeout=0.1)
        self.heard: list[tuple[str, Any]] = []

    async def setup_hook(self) -> None:
        self.tree.add_command(think)
        self.tree.add_command(chart)
        self.tree.add_command(panel)
        self.tree.add_command(layout)
        self.tree.add_command(ask)
        self.tree.add_command(eat)
        self.tree.add_command(measure)
        self.tree.add_command(settings)
        self.tree.add_command(quote)
        self.tree.add_command(greet)
        self.tree.add_command(fail)
        self.add_command(add)
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.heard.append(("ready", None))

    async def on_resumed(self) -> None:
        self.heard.append(("resumed", None))

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(("message", message))
        if self.user in message.mentions and message.author != self.user:
            sizes = [f"{a.filename} {a.content_type} {len(await a.read())}" for a in message.attachments]
            await message.reply(f"You called, {message.author.display_name}? {', '.join(sizes)}")
        await self.process_commands(message)

    async def on_message_edit(self, before: discord.Message, after: discord.Message) -> None:
        self.heard.append(("edit", (before.content, after.content)))

    async def on_message_delete(self, message: discord.Message) -> None:
        self.heard.append(("delete", message))

    async def on_reaction_add(self, reaction: discord.Reaction, user: discord.abc.User) -> None:
        self.heard.append(("reaction", (str(reaction.emoji), user.name)))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.heard.append(("thread", thread))

    def texts(self) -> list[str]:
        """What people wrote, in the order in which it was received."""
        return [what.content for name, what in self.heard if name == "message" and not what.author.bot]

    def count(self, name: str) -> int:
        return sum(heard == name for heard, _ in self.heard)


@app_commands.command(description="Think, then answer")
async def think(interaction: discord.Interaction) -> None:
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(content="thought")
    await interaction.followup.send("and more")


@app_commands.command(description="Answer with a file")
async def chart(interaction: discord.Interaction) -> None:
    file = discord.File(io.BytesIO(b"\x89PNG" + bytes(100)), "chart.png", description="A chart")
    embed = discord.Embed(title="Chart", colour=discord.Colour.blurple()).set_image(url="attachment://chart.png")
    await interaction.response.send_message("here", file=file, embed=embed)


@app_commands.command(description="Buttons and lists")
async def panel(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("panel", view=Panel())


@app_commands.command(description="A message of components alone")
async def layout(interaction: discord.Interaction) -> None:
    picture = discord.File(io.BytesIO(b"\x89PNG"), "a.png")
    await interaction.response.send_message(view=Layout(), file=picture)


@app_commands.command(description="Open a form")
async def ask(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Questionnaire())


@app_commands.command(description="Choose as you type")
@app_commands.describe(fruit="Which", portions="How many")
async def eat(interaction: discord.Interaction, fruit: str, portions: app_commands.Range[int, 1, 5] = 1) -> None:
    await interaction.response.send_message(f"ate {portions} {fruit}")


@eat.autocomplete("fruit")
async def fruits(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    known = ("apple", "apricot", "banana")
    return [app_commands.Choice(name=fruit.title(), value=fruit) for fruit in known if fruit.startswith(current)]


@app_commands.command(description="How large a file is")
async def measure(interaction: discord.Interaction, file: discord.Attachment) -> None:
    data = await file.read()
    await interaction.response.send_message(f"{file.filename} {file.content_type} {len(data)}")


settings = app_commands.Group(name="settings", description="How it behaves")


@settings.command(name="language", description="Which language")
@app_commands.choices(
    language=[app_commands.Choice(name="Русский", value="ru"), app_commands.Choice(name="English", value="en")]
)
async def language(
    interaction: discord.Interaction, language: app_commands.Choice[str], who: discord.Member | None = None
) -> None:
    of = who.display_name if who else "everyone"
    await interaction.response.send_message(f"{language.name} for {of} ({interaction.locale})")


@app_commands.context_menu(name="Quote this")
async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"> {message.content} ({message.author.display_name})")


@app_commands.context_menu(name="Greet")
async def greet(interaction: discord.Interaction, user: discord.Member) -> None:
    await interaction.response.send_message(f"hello, {user.display_name}, here since {user.joined_at:%Y}")


@app_commands.command(description="Answer twice")
async def fail(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("once")
    # Two processes of one bot could do this; within one process, the library itself prevents it.
    interaction.response._response_type = None
    try:
        await interaction.response.send_message("twice")
    except discord.HTTPException as error:
        await interaction.edit_original_response(content=f"{error.status} {error.code}")


@commands.command()
async def add(ctx: commands.Context[DiscordPyBot], left: int, right: int) -> None:
    async with ctx.typing():
        await ctx.send(str(left + right))


@asynccontextmanager
async def running(token: str, intents: discord.Intents) -> AsyncIterator[DiscordPyBot]:
    """The bot once it is ready; it is always closed at the end."""
    bot = DiscordPyBot(intents)
    async with bot:
        await bot.login(token)
        connection = asyncio.create_task(bot.connect())
        ready = asyncio.create_task(bot.wait_until_ready())
        try:
            await asyncio.wait({connection, ready}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if connection.done():
                await connection
            assert bot.is_ready()
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.wait({connection})
