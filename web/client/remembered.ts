/** What this browser keeps: the link's token for this tab, choices of devices for ever. */

const TOKEN = "lianxian.token";
const RESUME = "lianxian.resume";
const CHOICES = "lianxian.choices";

/** Takes the token out of `#t=...` so that it does not stay in the address or in pictures
 * of the screen; a page that is loaded again finds it in the tab's storage. */
export function takeToken(): string {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("t");
  if (given !== null && given !== "") {
    if (given !== sessionStorage.getItem(TOKEN)) {
      sessionStorage.removeItem(RESUME);
    }
    sessionStorage.setItem(TOKEN, given);
    history.replaceState(null, "", location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(TOKEN) ?? "";
}

/**
 * The secret by which this device comes back. It lives in the page and goes to the tab's
 * storage only while the page is loaded again: a tab that is duplicated copies that storage
 * and would otherwise push this one out.
 */
export class ResumeSecret {
  private secret: string;

  constructor() {
    this.secret = sessionStorage.getItem(RESUME) ?? "";
    sessionStorage.removeItem(RESUME);
    window.addEventListener("pagehide", () => {
      if (this.secret !== "") {
        sessionStorage.setItem(RESUME, this.secret);
      }
    });
  }

  get(): string {
    return this.secret;
  }

  set(secret: string): void {
    this.secret = secret;
  }
}

export type SoundPreset = "laptop" | "desk";

export interface Choices {
  camera: string;
  microphone: string;
  speaker: string;
  preset: SoundPreset;
  wantsVideo: boolean;
  wantsAudio: boolean;
  volume: number;
  /** How steps of the rundown go on air. */
  cueTransition: "cut" | "dissolve";
}

const DEFAULTS: Choices = {
  camera: "",
  microphone: "",
  speaker: "",
  preset: "laptop",
  wantsVideo: true,
  wantsAudio: true,
  volume: 1,
  cueTransition: "cut",
};

export function choicesFrom(stored: string | null): Choices {
  const choices = { ...DEFAULTS };
  if (stored === null) {
    return choices;
  }
  try {
    const parsed: unknown = JSON.parse(stored);
    if (typeof parsed === "object" && parsed !== null) {
      for (const key of Object.keys(DEFAULTS) as (keyof Choices)[]) {
        const value = (parsed as Record<string, unknown>)[key];
        if (typeof value === typeof DEFAULTS[key]) {
          Object.assign(choices, { [key]: value });
        }
      }
    }
  } catch {
    // Somebody else wrote there: the defaults are as good as nothing remembered.
    return choices;
  }
  return choices;
}

export function loadChoices(): Choices {
  return choicesFrom(localStorage.getItem(CHOICES));
}

export function keepChoices(changed: Partial<Choices>): Choices {
  const choices = { ...loadChoices(), ...changed };
  localStorage.setItem(CHOICES, JSON.stringify(choices));
  return choices;
}
