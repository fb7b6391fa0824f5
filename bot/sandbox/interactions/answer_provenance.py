"""What a message says about the interaction that it answers."""

from __future__ import annotations

from collections.abc import Iterator

from bot.sandbox.actions.messages import Provenance
from bot.sandbox.interactions.interaction import Interaction
from bot.sandbox.model.entities import Channel, Reference
from bot.sandbox.model.enums import CommandType, InteractionType, MessageType, OptionType
from bot.sandbox.model.json_codec import Json
from bot.sandbox.model.payloads import user_payload
from bot.sandbox.model.state import SandboxState

_NESTED = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
_COMMANDS = (InteractionType.APPLICATION_COMMAND, InteractionType.AUTOCOMPLETE)


def provenance_of(
    state: SandboxState,
    interaction: Interaction,
    channel: Channel,
    *,
    application_id: int,
    ephemeral: bool,
    loading: bool,
) -> Provenance:
    """The provenance of the next message that answers ``interaction``, in its present state."""
    kind, reference = _kind_and_reference(interaction, channel)
    return Provenance(
        type=kind,
        application_id=application_id,
        interaction=_metadata(state, interaction, followup=interaction.callback is not None),
        command=_deprecated_field(interaction),
        reference=reference,
        ephemeral_to=interaction.user.id if ephemeral else None,
        loading=loading,
    )


def _kind_and_reference(interaction: Interaction, channel: Channel) -> tuple[MessageType, Reference | None]:
    """Follow-ups reply to the first answer; answers to a click reply to the clicked message."""
    replied_id = interaction.original_id if interaction.callback is not None else interaction.source_id
    if replied_id is not None:
        return MessageType.REPLY, Reference(channel.id, replied_id, channel.guild_id)
    if interaction.data.get("type", CommandType.CHAT_INPUT) == CommandType.CHAT_INPUT:
        return MessageType.CHAT_INPUT_COMMAND, None
    target = interaction.data.get("target_id")
    if interaction.data["type"] == CommandType.MESSAGE and target:
        return MessageType.CONTEXT_MENU_COMMAND, Reference(channel.id, int(target), channel.guild_id)
    return MessageType.CONTEXT_MENU_COMMAND, None


def _metadata(state: SandboxState, interaction: Interaction, *, followup: bool) -> Json:
    made: Json = {
        "id": str(interaction.id),
        "type": int(interaction.type),
        "user": user_payload(interaction.user),
        "authorizing_integration_owners": interaction.owners,
    }
    if followup and interaction.original_id is not None:
        made["original_response_message_id"] = str(interaction.original_id)
    if interaction.type in _COMMANDS:
        target = interaction.data.get("target_id")
        if target and interaction.data["type"] == CommandType.MESSAGE:
            made["target_message_id"] = target
        elif target:
            made["target_user"] = user_payload(state.user(int(target)))
    elif interaction.type is InteractionType.MESSAGE_COMPONENT:
        made["interacted_message_id"] = str(interaction.source_id)
    elif interaction.origin is not None:
        made["triggering_interaction_metadata"] = _metadata(state, interaction.origin, followup=False)
    return made


def _deprecated_field(interaction: Interaction) -> Json | None:
    if interaction.type not in _COMMANDS:
        return None
    return {
        "id": str(interaction.id),
        "type": int(interaction.type),
        "name": " ".join(_path(interaction.data)),
        "user": user_payload(interaction.user),
    }


def _path(data: Json) -> Iterator[str]:
    """The names of a command, its group and its subcommand, as far as it has them."""
    yield data["name"]
    for option in data.get("options") or ():
        if option.get("type") in _NESTED:
            yield from _path(option)
