/** Commands under way, seen from one view: asked, heard, answered. */

import { useEffect, useRef } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import { FINAL_STATUSES, type Status, type ViewPayloads } from "../protocol";
import type { Session } from "../session";

/** A kernel that hears us while it trains acknowledges in milliseconds. */
const PATIENCE_MS = 2000;

export type Command = "pause" | "resume" | "stop" | "set_learning_rate" | "follow_schedule";

export interface CommandState {
  /** Asked, and nothing has come of it yet. */
  pending: boolean;
  /** Asked a while ago, and the kernel has not even heard it. */
  unheard: boolean;
  /** Why the kernel refused it. */
  error: string | null;
}

const IDLE: CommandState = { pending: false, unheard: false, error: null };

export class Commands {
  private readonly states = new Map<Command, CommandState>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    private readonly session: Session,
    private readonly changed: () => void,
  ) {}

  state(command: Command): CommandState {
    return this.states.get(command) ?? IDLE;
  }

  get unheard(): boolean {
    return [...this.states.values()].some((state) => state.unheard);
  }

  /** Send a command; resolves with whether the kernel did it. */
  async run<C extends Command>(command: C, payload: ViewPayloads[C]): Promise<boolean> {
    const own: CommandState = { pending: true, unheard: false, error: null };
    this.set(command, own);
    const current = () => this.states.get(command) === own;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!current()) return;
      own.unheard = true;
      this.changed();
    }, PATIENCE_MS);
    this.timers.add(timer);
    const sent = this.session.send(command, payload);
    void sent.acknowledged.then(() => {
      clearTimeout(timer);
      own.unheard = false;
      this.changed();
    });
    const reply = await sent.reply;
    if (current()) {
      this.set(command, { ...IDLE, error: reply.ok ? null : reply.message });
    }
    return reply.ok;
  }

  /** Forget why the command was refused: the user has begun anew. */
  dismiss(command: Command): void {
    if (this.state(command).error !== null) this.set(command, IDLE);
  }

  /** What the run's state says outranks a reply that did not come. */
  observe(status: Status): void {
    const over = FINAL_STATUSES.has(status);
    const settled = (command: Command) =>
      over ||
      (command === "pause" && status === "paused") ||
      (command === "resume" && status === "running") ||
      ((command === "pause" || command === "resume") && status === "stopping");
    for (const [command, state] of this.states) {
      if (state.pending && settled(command)) this.states.set(command, IDLE);
      else if (over) this.states.delete(command);
    }
  }

  dispose(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private set(command: Command, state: CommandState): void {
    this.states.set(command, state);
    this.changed();
  }
}

export function useCommands(session: Session, status: Status): Commands {
  const redraw = useRedraw();
  const ref = useRef<Commands | null>(null);
  ref.current ??= new Commands(session, redraw);
  const commands = ref.current;
  commands.observe(status);
  useEffect(() => () => commands.dispose(), []);
  return commands;
}
