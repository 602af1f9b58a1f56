/** The HTTP interface, pretended. */

import type { ApiLike } from "../client/api.js";
import type {
  CurrentState,
  EventDescription,
  FileAddress,
  LinkList,
  LinkView,
  Looks,
  Role,
  SeatView,
  SessionDetail,
  SessionFile,
  SessionList,
  Whoami,
} from "../wire.js";

import { LOOKS } from "./pretended_looks.js";
import { pretendedState } from "./pretended_event.js";

export class PretendedApi implements ApiLike {
  constructor(private readonly seat: string) {}

  me(): Promise<Whoami> {
    const own = pretendedState(this.seat)[`seat/${this.seat}`] as SeatView;
    return Promise.resolve({
      event: "jing-xiang",
      seat: this.seat,
      name: own.name,
      name_en: own.name_en,
      role: own.kind === "hall" ? "operator" : "member",
      rights: ["see_event", "receive", "publish", "direct"],
      page: "/room",
    });
  }

  event(): Promise<EventDescription> {
    return Promise.resolve({
      slug: "jing-xiang",
      title: "京湘两地远程交流",
      title_en: "Beijing–Hunan exchange",
      phase: "live",
      seats: [],
    });
  }

  state(): Promise<CurrentState> {
    return Promise.resolve({ revision: 1, state: pretendedState(this.seat) });
  }

  links(): Promise<LinkList> {
    const seats = Object.values(pretendedState(this.seat)).filter((one) => one.type === "seat");
    const link = (seat: string, name: string, role: Role): LinkView => ({
      id: seat,
      seat,
      name,
      role,
      url: `http://localhost:8080/join#t=${seat}`,
      expires: "2030-06-04T08:00:00Z",
    });
    return Promise.resolve({
      links: [
        ...seats.map((one) => link(one.seat, one.name, one.kind === "hall" ? "operator" : "member")),
        link("administrator", "管理员", "administrator"),
        link("director", "导播", "director"),
        link("archivist", "归档员", "archivist"),
      ],
    });
  }

  looks(): Promise<Looks> {
    return Promise.resolve(LOOKS);
  }

  sessions(): Promise<SessionList> {
    const summary = (name: string, state: string, title: string): SessionList["sessions"][0] => ({
      name,
      title,
      started: "2025-06-01T01:30:00Z",
      duration_ms: 3_754_000,
      size_bytes: 2_934_000_000,
      files: 39,
      state,
      playable: state !== "recording",
      text: state === "failed" ? "iso/site3-camera.mkv: SHA-256" : "",
    });
    return Promise.resolve({
      sessions: [
        summary("live-2", "recording", "京湘两地远程交流（第二场）"),
        summary("live-1", "verified", "京湘两地远程交流"),
        summary("rehearsal", "failed", "彩排"),
      ],
    });
  }

  async session(name: string): Promise<SessionDetail> {
    const { sessions } = await this.sessions();
    const summary = sessions.find((one) => one.name === name);
    if (summary === undefined) {
      throw new Error(`no session ${name}`);
    }
    const file = (path: string, role: string, kind: string, title: string): SessionFile => ({
      path,
      role,
      kind,
      seat: "",
      source: "",
      title,
      offset_ms: role === "programme" ? 0 : 1240,
      duration_ms: 3_754_000,
      size_bytes: 434_000_000,
      sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    });
    return {
      summary,
      files: [
        file("programme.mp4", "programme", "mixed", "节目"),
        file("iso/beijing-camera.mkv", "iso", "video", "北京主会场"),
        file("iso/beijing-microphone.mka", "iso", "audio", "北京主会场"),
        file("iso/site1-camera.mkv", "iso", "video", "场外连线一"),
      ],
      chapters: [
        { title: "开场：两地会场", at_ms: 0 },
        { title: "连线：场外连线一", at_ms: 312_000 },
        { title: "连线：场外连线二", at_ms: 954_000 },
        { title: "全体合影", at_ms: 3_512_000 },
      ],
    };
  }

  fileAddress(session: string, path: string): Promise<FileAddress> {
    return Promise.resolve({ url: `/pretended/${session}/${path}?s=1`, expires: "" });
  }
}
