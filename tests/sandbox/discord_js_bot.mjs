// A bot of discord.js, written as its guide shows. Its only knowledge of a sandbox is the address in `rest.api`.
// It prints what happens to it, one JSON array a line.
import { createRequire } from "node:module";

const {
  ActionRowBuilder, ApplicationCommandType, AttachmentBuilder, ButtonBuilder, ButtonStyle, Client,
  ContextMenuCommandBuilder, EmbedBuilder, Events, GatewayIntentBits, MessageFlags, ModalBuilder, Partials,
  SlashCommandBuilder, StringSelectMenuBuilder, TextInputBuilder, TextInputStyle,
} = createRequire(`${process.env.DISCORD_JS}/`)("discord.js");

const say = (...what) => console.log(JSON.stringify(what));
const row = (...components) => new ActionRowBuilder().addComponents(...components);

const commands = [
  new SlashCommandBuilder().setName("think").setDescription("Think, then answer"),
  new SlashCommandBuilder().setName("chart").setDescription("Answer with a file"),
  new SlashCommandBuilder().setName("panel").setDescription("A button and a list"),
  new SlashCommandBuilder().setName("ask").setDescription("Open a form"),
  new SlashCommandBuilder().setName("eat").setDescription("Choose as you type")
    .addStringOption((option) => option.setName("fruit").setDescription("Which").setRequired(true).setAutocomplete(true)),
  new SlashCommandBuilder().setName("measure").setDescription("How large a file is")
    .addAttachmentOption((option) => option.setName("file").setDescription("Any").setRequired(true)),
  new ContextMenuCommandBuilder().setName("Quote this").setType(ApplicationCommandType.Message),
];

const uses = {
  async think(interaction) {
    await interaction.deferReply();
    await interaction.editReply("thought");
    await interaction.followUp({ content: "and more", flags: MessageFlags.Ephemeral });
  },
  async chart(interaction) {
    const file = new AttachmentBuilder(Buffer.from("chart"), { name: "chart.txt", description: "A chart" });
    await interaction.reply({ content: "here", files: [file], embeds: [new EmbedBuilder().setTitle("Chart")] });
  },
  async panel(interaction) {
    const button = new ButtonBuilder().setCustomId("count").setLabel("Count").setStyle(ButtonStyle.Primary);
    const list = new StringSelectMenuBuilder().setCustomId("colours").setMaxValues(2)
      .addOptions(["red", "green", "blue"].map((value) => ({ label: value, value })));
    await interaction.reply({ content: "panel", components: [row(button), row(list)] });
  },
  async count(interaction) {
    await interaction.update({ content: "counted once", components: [] });
  },
  async colours(interaction) {
    await interaction.reply(`chose ${interaction.values.join(" and ")}`);
  },
  async ask(interaction) {
    const answer = new TextInputBuilder().setCustomId("answer").setLabel("Answer").setStyle(TextInputStyle.Paragraph);
    const form = new ModalBuilder().setCustomId("form").setTitle("Questionnaire").addComponents(row(answer));
    await interaction.showModal(form);
  },
  async form(interaction) {
    await interaction.reply(`answered ${interaction.fields.getTextInputValue("answer")}`);
  },
  async eat(interaction) {
    if (!interaction.isAutocomplete()) return interaction.reply(`ate ${interaction.options.getString("fruit")}`);
    const known = ["apple", "apricot", "banana"].filter((name) => name.startsWith(interaction.options.getFocused()));
    return interaction.respond(known.map((name) => ({ name, value: name })));
  },
  async measure(interaction) {
    const file = interaction.options.getAttachment("file");
    const data = await (await fetch(file.url)).arrayBuffer();
    await interaction.reply(`${file.name} ${file.contentType} ${data.byteLength}`);
  },
  async "Quote this"(interaction) {
    await interaction.reply(`> ${interaction.targetMessage.content} (${interaction.targetMessage.author.username})`);
  },
};

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages,
    GatewayIntentBits.GuildMessageReactions, GatewayIntentBits.MessageContent,
  ],
  partials: [Partials.Channel],
  rest: { api: process.env.SANDBOX_API },
});

client.once(Events.ClientReady, async (ready) => {
  const registered = await ready.application.commands.set(commands);
  say("ready", registered.size);
});
client.on(Events.ShardResume, () => say("resumed"));
client.on(Events.ShardReady, () => say("identified"));
client.on(Events.Error, (error) => say("error", String(error)));
client.rest.on("rateLimited", (limit) => say("rate limited", limit.timeToReset));
client.on(Events.InteractionCreate, async (interaction) => {
  try {
    await uses[interaction.commandName ?? interaction.customId](interaction);
  } catch (error) {
    say("error", String(error));
  }
});
client.on(Events.MessageReactionAdd, (reaction, user) => say("reaction", reaction.emoji.name, user.username));
client.on(Events.MessageUpdate, (before, after) => say("edit", before.content, after.content));
client.on(Events.MessageDelete, (message) => say("delete", message.content));
client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  say("message", message.content);
  try {
    if (message.mentions.has(client.user)) await message.reply("you called?");
    if (message.content === "work") {
      const draft = await message.channel.send("draft");
      await draft.edit("final");
      await draft.react("🎉");
      const thread = await message.startThread({ name: "about it" });
      await thread.send("go on");
      const direct = await message.author.send("psst");
      await direct.delete();
      const history = await message.channel.messages.fetch({ limit: 2 });
      say("worked", history.map((found) => found.content));
    }
    if (message.content === "chatter") await Promise.all([1, 2, 3].map((n) => message.channel.send(`chatter ${n}`)));
  } catch (error) {
    say("error", String(error));
  }
});

client.login(process.env.SANDBOX_TOKEN).catch((error) => {
  say("error", String(error));
  process.exit(1);
});
process.stdin.on("end", () => client.destroy().then(() => process.exit(0))).resume();
