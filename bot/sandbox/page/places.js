// What a person knows of servers, channels and people: begun by READY, kept by the gateway's events.

import { t } from "./words.js";

const TEXT = 0, DM = 1, CATEGORY = 4, NEWS = 5, THREADS = new Set([10, 11, 12]);

export class Places {
  constructor(ready, applicationId) {
    this.me = ready.user;
    this.applicationId = applicationId;
    this.guilds = new Map(ready.guilds.map((guild) => [guild.id, guild]));
    this.channels = new Map();
    this.users = new Map(ready.users.map((user) => [user.id, user]));
    this.roles = new Map();
    this.members = new Map();
    for (const guild of ready.guilds) {
      for (const channel of [...guild.channels, ...guild.threads]) this.channels.set(channel.id, { ...channel, guild_id: guild.id });
      for (const role of guild.roles) this.roles.set(role.id, { ...role, guild_id: guild.id });
      for (const member of guild.members) {
        this.members.set(`${guild.id}/${member.user.id}`, member);
        this.users.set(member.user.id, member.user);
      }
    }
    for (const channel of ready.private_channels) this.channels.set(channel.id, channel);
  }

  /** Take an event in; whether what the sidebar shows changed. */
  apply(name, data) {
    switch (name) {
      case "CHANNEL_CREATE": case "CHANNEL_UPDATE": case "THREAD_CREATE": case "THREAD_UPDATE":
        this.channels.set(data.id, { ...this.channels.get(data.id), ...data });
        return true;
      case "CHANNEL_DELETE": case "THREAD_DELETE":
        this.channels.delete(data.id);
        return true;
      case "GUILD_ROLE_CREATE": case "GUILD_ROLE_UPDATE":
        this.roles.set(data.role.id, { ...data.role, guild_id: data.guild_id });
        return false;
      case "GUILD_ROLE_DELETE":
        this.roles.delete(data.role_id);
        return false;
      case "GUILD_MEMBER_UPDATE":
        this.members.set(`${data.guild_id}/${data.user.id}`, data);
        return false;
      case "USER_UPDATE":
        this.users.set(data.id, data);
        return true;
      default:
        return false;
    }
  }

  /** The server's channels as a list of categories, `{ name, channels }`; threads follow their channel. */
  categories(guildId) {
    const here = [...this.channels.values()].filter((c) => c.guild_id === guildId);
    const inOrder = (list) => list.sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    const open = inOrder(here.filter((c) => c.type === TEXT || c.type === NEWS));
    const withThreads = (list) => list.flatMap((c) => [c, ...inOrder(here.filter((t) => THREADS.has(t.type) && t.parent_id === c.id && !t.thread_metadata?.archived))]);
    const found = [{ name: "", channels: withThreads(open.filter((c) => !c.parent_id)) }];
    for (const category of inOrder(here.filter((c) => c.type === CATEGORY))) {
      found.push({ name: category.name, channels: withThreads(open.filter((c) => c.parent_id === category.id)) });
    }
    return found.filter((category) => category.channels.length);
  }

  directs() {
    return [...this.channels.values()].filter((c) => c.type === DM);
  }

  isThread(channel) {
    return THREADS.has(channel.type);
  }

  /** What a channel is called, without its sign. */
  channelName(channel) {
    if (channel.type !== DM) return channel.name;
    return channel.recipients.map((user) => this.userName(user.id)).join(", ");
  }

  userName(userId, guildId = null) {
    const user = this.users.get(userId);
    return this.members.get(`${guildId}/${userId}`)?.nick ?? user?.global_name ?? user?.username ?? t("someone");
  }

  /** The colour of a name in a server: that of the highest role that has one. */
  userColour(userId, guildId) {
    const roles = (this.members.get(`${guildId}/${userId}`)?.roles ?? []).map((id) => this.roles.get(id)).filter((role) => role?.color);
    const [highest] = roles.sort((a, b) => b.position - a.position);
    return highest ? `#${highest.color.toString(16).padStart(6, "0")}` : "";
  }

  usersIn(channel) {
    if (!channel.guild_id) return [this.me, ...(channel.recipients ?? [])];
    return [...this.members].filter(([key]) => key.startsWith(`${channel.guild_id}/`)).map(([, member]) => this.users.get(member.user.id));
  }

  rolesIn(channel) {
    return [...this.roles.values()].filter((role) => role.guild_id === channel.guild_id);
  }

  channelsBeside(channel) {
    return [...this.channels.values()].filter((c) => c.guild_id === channel.guild_id && c.type !== CATEGORY);
  }
}
