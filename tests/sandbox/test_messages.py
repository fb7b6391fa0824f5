"""Messages between people and a bot: sending, reading, editing, and everything attached to them."""

from __future__ import annotations

import asyncio

import hikari
import pytest
from hikari.messages import MessageReferenceType

from bot.sandbox import DiscordUser
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.seed import APPLICATION_ID, BOT_ROLE_ID, GENERAL_ID, GUILD_ID, MODERATOR_ROLE_ID, VOICE_NOTES_ID

ME = f"<@{APPLICATION_ID}>"


async def _next_message(bot: hikari.GatewayBot) -> hikari.Message:
    return (await bot.wait_for(hikari.GuildMessageCreateEvent, 5, lambda event: event.is_human)).message


async def test_a_bot_hears_whole_messages(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    coming = asyncio.create_task(_next_message(bot))
    await asyncio.sleep(0)
    await ada.send("voice-notes", f"hello {ME}", [("a b.txt", b"text", "text/plain")])
    message = await coming
    assert message.channel_id == VOICE_NOTES_ID
    assert message.guild_id == GUILD_ID
    assert message.author.username == "ada"
    assert message.member is not None
    assert list(message.member.role_ids) == [MODERATOR_ROLE_ID, GUILD_ID]
    assert list(message.user_mentions or {}) == [APPLICATION_ID]
    [attachment] = message.attachments
    assert (attachment.filename, attachment.title, attachment.size) == ("a_b.txt", "a b", 4)
    assert await attachment.read() == b"text"


async def test_a_bot_sends_edits_reads_and_deletes(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    sent = await bot.rest.create_message(GENERAL_ID, "one", embed=hikari.Embed(title="title", description="text"))
    edited = await bot.rest.edit_message(GENERAL_ID, sent, "two")
    assert (edited.content, edited.edited_timestamp is not None) == ("two", True)
    assert edited.embeds[0].title == "title"
    assert (await ada.wait_for_message(lambda m: m["content"] == "two"))["id"] == str(sent.id)
    assert (await bot.rest.fetch_message(GENERAL_ID, sent)).content == "two"
    await bot.rest.delete_message(GENERAL_ID, sent)
    await ada.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == str(sent.id))
    with pytest.raises(hikari.NotFoundError) as gone:
        await bot.rest.fetch_message(GENERAL_ID, sent)
    assert gone.value.code == 10008


async def test_history_is_read_from_either_side(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    sent = [await ada.send(text=str(i)) for i in range(5)]
    middle = int(sent[2]["id"])
    before = await bot.rest.fetch_messages(GENERAL_ID, before=middle)
    after = await bot.rest.fetch_messages(GENERAL_ID, after=middle)
    around = await ada.request("GET", f"/channels/{GENERAL_ID}/messages?around={middle}&limit=3")
    assert [m.content for m in before] == ["1", "0"]
    assert [m.content for m in after] == ["3", "4"]
    assert [m["content"] for m in around] == ["3", "2", "1"]
    with pytest.raises(DiscordError, match="50035"):
        await ada.request("GET", f"/channels/{GENERAL_ID}/messages?around=1&before=2")
    with pytest.raises(DiscordError, match="50035"):
        await ada.request("GET", f"/channels/{GENERAL_ID}/messages?limit=101")


async def test_a_nonce_sends_once(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    first = await bot.rest.create_message(GENERAL_ID, "once", nonce="job-1")
    second = await bot.rest.create_message(GENERAL_ID, "once", nonce="job-1")
    other = await bot.rest.create_message(GENERAL_ID, "once", nonce="job-2")
    assert first.id == second.id != other.id
    assert len([m for m in await ada.messages() if m["content"] == "once"]) == 2


async def test_a_reply_carries_what_it_answers_and_pings_if_it_may(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    question = await ada.send(text="why?")
    quiet = await bot.rest.create_message(GENERAL_ID, "because", reply=int(question["id"]))
    loud = await bot.rest.create_message(GENERAL_ID, "because!", reply=int(question["id"]), mentions_reply=True)
    assert quiet.type is hikari.MessageType.REPLY
    assert quiet.referenced_message is not None
    assert quiet.referenced_message.content == "why?"
    assert not quiet.user_mentions
    assert list(loud.user_mentions or {}) == [int(ada.user["id"])]


async def test_a_reply_to_what_is_gone_is_refused_unless_it_says_otherwise(
    bot: hikari.GatewayBot, ada: DiscordUser
) -> None:
    gone = await ada.send(text="never mind")
    await ada.delete(gone)
    with pytest.raises(hikari.BadRequestError) as refused:
        await bot.rest.create_message(GENERAL_ID, "what?", reply=int(gone["id"]))
    assert refused.value.code == 50035
    assert "message_reference" in (refused.value.errors or {})
    sent = await bot.rest.create_message(GENERAL_ID, "what?", reply=int(gone["id"]), reply_must_exist=False)
    assert sent.type is hikari.MessageType.DEFAULT


async def test_a_forward_copies_the_message(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    voice = await ada.send("voice-notes", voice=(b"OggS" * 10, 1.5, "AAAA"))
    coming = asyncio.create_task(
        bot.wait_for(hikari.GuildMessageCreateEvent, 5, lambda event: bool(event.message.message_snapshots))
    )
    await asyncio.sleep(0)
    await ada.forward(voice, "general")
    heard = (await coming).message
    assert heard.message_reference is not None
    assert heard.message_reference.type is MessageReferenceType.FORWARD
    assert not heard.attachments
    [snapshot] = heard.message_snapshots
    assert isinstance(snapshot.flags, hikari.MessageFlag)
    assert snapshot.flags & hikari.MessageFlag.IS_VOICE_MESSAGE
    await ada.delete(voice)
    assert await snapshot.attachments[0].read() == b"OggS" * 10
    assert snapshot.attachments[0].duration == 1.5


async def test_mentions_follow_what_is_allowed(bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser) -> None:
    user, role = boris.user["id"], MODERATOR_ROLE_ID
    text = f"<@{user}> <@&{role}> @everyone `<@{ada.user['id']}>`"
    everything = await ada.send(text=text)
    assert [u["id"] for u in everything["mentions"]] == [user]
    assert everything["mention_roles"] == [str(role)]
    assert everything["mention_everyone"]
    # A member may not mention everyone, but may mention a mentionable role.
    member = await boris.send(text=text)
    assert not member["mention_everyone"]
    assert member["mention_roles"] == [str(role)]
    none = await bot.rest.create_message(GENERAL_ID, text, user_mentions=False, role_mentions=False)
    assert not none.user_mentions
    assert not none.role_mention_ids
    one = await bot.rest.create_message(GENERAL_ID, text, user_mentions=[int(user)])
    assert list(one.user_mentions or {}) == [int(user)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 50006),
        ({"content": "   "}, 50006),
        ({"content": "x" * 2001}, 50035),
        ({"content": 7}, 50035),
        ({"content": "x", "nonce": "x" * 26}, 50035),
        ({"embeds": [{"title": "x" * 257}]}, 50035),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, 50035),
        ({"embeds": [{}]}, 50035),
        ({"embeds": [{"title": "x"}] * 11}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": []}] * 6}, 50035),
        ({"content": "x", "components": [{"type": 10, "content": "V2 only"}]}, 50035),
        ({"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "text"}]}, 50035),
        ({"flags": 1 << 15, "components": [{"type": 10, "content": "x" * 4001}]}, 50035),
        ({"flags": 1 << 15, "components": [{"type": 10, "content": "x"}] * 41}, 50035),
        ({"flags": 1 << 15, "components": [{"type": 13, "file": {"url": "attachment://none.ogg"}}]}, 50035),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, 50035),
        ({"content": "x", "attachments": [{"id": 0, "filename": "not-sent.txt"}]}, 50035),
        ([1], 50035),
    ],
)
async def test_what_breaks_a_limit_is_refused(ada: DiscordUser, body: object, code: int) -> None:
    with pytest.raises(DiscordError) as refused:
        await ada.request("POST", f"/channels/{GENERAL_ID}/messages", body)
    assert refused.value.code == code
    assert (refused.value.errors is not None) == (code == 50035)


async def test_buttons_are_checked(ada: DiscordUser) -> None:
    def row(*buttons: dict[str, object]) -> dict[str, object]:
        return {"content": "x", "components": [{"type": 1, "components": list(buttons)}]}

    fine: dict[str, object] = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
    for wrong in (
        row(fine, fine),
        row(fine | {"label": "x" * 81}),
        row(fine | {"custom_id": "x" * 101}),
        row({"type": 2, "style": 1, "label": "Go"}),
        row({"type": 2, "style": 1, "custom_id": "go"}),
        row({"type": 2, "style": 5, "label": "Go", "url": "https://x.invalid", "custom_id": "go"}),
        row(*(fine | {"custom_id": str(i)} for i in range(6))),
        row(fine, {"type": 3, "custom_id": "list", "options": [{"label": "a", "value": "a"}]}),
        row({"type": 3, "custom_id": "list", "options": []}),
    ):
        with pytest.raises(DiscordError, match="50035"):
            await ada.request("POST", f"/channels/{GENERAL_ID}/messages", wrong)
    sent = await ada.request("POST", f"/channels/{GENERAL_ID}/messages", row(fine))
    assert sent["components"][0]["components"][0] == fine | {"id": 2}


async def test_components_v2_are_numbered_and_their_files_linked(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    box = hikari.impl.ContainerComponentBuilder(accent_color=hikari.Color(0x5865F2))
    box.add_text_display("**Transcript**")
    box.add_file(hikari.Bytes(b"OggS" * 10, "answer.ogg", mimetype="audio/ogg"))
    box.add_separator()
    box.add_action_row([hikari.impl.InteractiveButtonBuilder(style=1, custom_id="go", label="Go")])
    sent = await bot.rest.create_message(GENERAL_ID, component=box)
    assert sent.flags & hikari.MessageFlag.IS_COMPONENTS_V2
    shown = await ada.wait_for_message(lambda m: m["id"] == str(sent.id))
    [container] = shown["components"]
    ids = [container["id"], *(child["id"] for child in container["components"])]
    assert len(set(ids)) == 5
    file = container["components"][1]
    assert (file["name"], file["size"]) == ("answer.ogg", 40)
    assert await ada.download(file["file"]["url"]) == b"OggS" * 10


async def test_reactions_are_added_listed_and_taken_back(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    message = await ada.send(text="like it?")
    added = asyncio.create_task(bot.wait_for(hikari.GuildReactionAddEvent, 5))
    await asyncio.sleep(0)
    await ada.react(message, "👍")
    assert (await added).member.username == "ada"
    await bot.rest.add_reaction(GENERAL_ID, int(message["id"]), "👍")
    users = [user.id async for user in bot.rest.fetch_reactions_for_emoji(GENERAL_ID, int(message["id"]), "👍")]
    assert users == [APPLICATION_ID, int(ada.user["id"])]
    [reaction] = (await ada.fetch(message))["reactions"]
    assert (reaction["count"], reaction["me"]) == (2, True)
    await ada.unreact(message, "👍")
    [reaction] = (await ada.fetch(message))["reactions"]
    assert (reaction["count"], reaction["me"]) == (1, False)
    with pytest.raises(DiscordError, match="10014"):
        await ada.react(message, "no-emoji")


async def test_pins_are_for_those_who_may(bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser) -> None:
    message = await boris.send(text="important")
    with pytest.raises(DiscordError, match="50013"):
        await boris.request("PUT", f"/channels/{GENERAL_ID}/messages/pins/{message['id']}")
    await ada.request("PUT", f"/channels/{GENERAL_ID}/messages/pins/{message['id']}")
    pinned = [pin async for pin in bot.rest.fetch_pins(GENERAL_ID)]
    assert [str(pin.message.id) for pin in pinned] == [message["id"]]
    assert (await ada.messages())[-1]["type"] == 6
    await ada.request("DELETE", f"/channels/{GENERAL_ID}/messages/pins/{message['id']}")
    assert not (await ada.fetch(message))["pinned"]


async def test_typing_is_seen(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    await bot.rest.trigger_typing(GENERAL_ID)
    event = await ada.wait_for(lambda event: event.name == "TYPING_START")
    assert event.data["user_id"] == str(APPLICATION_ID)


async def test_threads_begin_from_a_message_or_alone(
    bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    message = await ada.send(text="let us talk")
    thread = await bot.rest.create_message_thread(GENERAL_ID, int(message["id"]), "talk")
    assert str(thread.id) == message["id"]
    inside = await boris.send(str(thread.id), "I am in")
    assert inside["channel_id"] == str(thread.id)
    answered = await bot.rest.create_message(thread.id, "so am I")
    seen = await ada.wait_for_message(lambda m: m["id"] == str(answered.id), channel=str(thread.id))
    assert seen["guild_id"] == str(GUILD_ID)
    assert (await ada.fetch(message))["thread"]["name"] == "talk"
    with pytest.raises(hikari.BadRequestError) as again:
        await bot.rest.create_message_thread(GENERAL_ID, int(message["id"]), "again")
    assert again.value.code == 160004
    alone = await ada.thread("alone")
    assert (await bot.rest.fetch_channel(int(alone["id"]))).name == "alone"
    assert [t.name for t in await bot.rest.fetch_active_threads(GUILD_ID)] == ["talk", "alone"]
    private = await bot.rest.create_thread(GENERAL_ID, hikari.ChannelType.GUILD_PRIVATE_THREAD, "private")
    with pytest.raises(DiscordError, match="50001"):
        await boris.messages(str(private.id))


async def test_direct_messages_go_both_ways(bot: hikari.GatewayBot, boris: DiscordUser, ada: DiscordUser) -> None:
    coming = asyncio.create_task(bot.wait_for(hikari.DMMessageCreateEvent, 5, lambda event: event.is_human))
    await asyncio.sleep(0)
    channel = await boris.dm()
    await boris.send(channel, "psst")
    heard = await coming
    assert heard.content == "psst"
    user = await bot.rest.fetch_user(int(boris.user["id"]))
    await user.send("what is it?")
    assert (await boris.wait_for_message())["channel_id"] == channel["id"]
    with pytest.raises(DiscordError, match="50001"):
        await ada.messages(channel)
    await boris.request("PATCH", "/users/@me/settings", {"allow_dms": False})
    with pytest.raises(hikari.ForbiddenError) as refused:
        await user.send("hello?")
    assert refused.value.code == 50007


async def test_many_are_deleted_at_once_by_those_who_may(ada: DiscordUser, boris: DiscordUser) -> None:
    ids = [(await boris.send(text=str(i)))["id"] for i in range(3)]
    path = f"/channels/{GENERAL_ID}/messages/bulk-delete"
    with pytest.raises(DiscordError, match="50013"):
        await boris.request("POST", path, {"messages": ids})
    for wrong, code in ((ids[:1], "50016"), ([*ids, str(GUILD_ID)], "50034")):
        with pytest.raises(DiscordError, match=code):
            await ada.request("POST", path, {"messages": wrong})
    await ada.request("POST", path, {"messages": ids})
    assert not await ada.messages()
    assert (await boris.wait_for(lambda e: e.name == "MESSAGE_DELETE_BULK")).data["ids"] == ids


async def test_polls_are_voted_on_and_ended(ada: DiscordUser, boris: DiscordUser) -> None:
    poll = {
        "question": {"text": "Which voice?"},
        "answers": [{"poll_media": {"text": "Joe"}}, {"poll_media": {"text": "Anna"}}],
        "duration": 1,
    }
    sent = await ada.request("POST", f"/channels/{GENERAL_ID}/messages", {"poll": poll})
    base = f"/channels/{GENERAL_ID}/polls/{sent['id']}"
    await boris.request("PUT", f"{base}/answers/@me", {"answer_ids": ["2"]})
    users = await ada.request("GET", f"{base}/answers/2")
    assert [user["username"] for user in users["users"]] == ["boris"]
    ended = await ada.request("POST", f"{base}/expire")
    assert ended["poll"]["results"] == {
        "is_finalized": True,
        "answer_counts": [{"id": 2, "count": 1, "me_voted": False}],
    }


async def test_a_file_is_added_to_a_message_only_where_files_may_be_attached(
    bot: hikari.GatewayBot, ada: DiscordUser
) -> None:
    sent = await bot.rest.create_message(GENERAL_ID, "words")
    denied = {"type": 0, "allow": "0", "deny": str(int(hikari.Permissions.ATTACH_FILES))}
    await ada.request("PUT", f"/channels/{GENERAL_ID}/permissions/{BOT_ROLE_ID}", denied)
    with pytest.raises(hikari.ForbiddenError):
        await bot.rest.edit_message(GENERAL_ID, sent, "more", attachment=hikari.Bytes(b"more", "more.txt"))


async def test_others_words_are_not_edited(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    message = await ada.send(text="mine")
    with pytest.raises(hikari.ForbiddenError) as refused:
        await bot.rest.edit_message(GENERAL_ID, int(message["id"]), "yours")
    assert refused.value.code == 50005


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such/route", 404, 0),
        ("PUT", "/users/@me/guilds", 405, 0),
        ("GET", "/channels/1", 404, 10003),
        ("GET", "/channels/general", 400, 50035),
        ("GET", "/guilds/1", 404, 10004),
        ("GET", "/users/1", 404, 10013),
        ("GET", f"/guilds/{GUILD_ID}/members/1", 404, 10007),
        ("GET", "/gateway/bot", 403, 20002),
    ],
)
async def test_what_is_not_there_is_answered_as_discord_does(
    ada: DiscordUser, method: str, path: str, status: int, code: int
) -> None:
    with pytest.raises(DiscordError) as refused:
        await ada.request(method, path)
    assert (refused.value.status, refused.value.code) == (status, code)
