import { type Message as MessageMessage, Role as RoleMessage } from "../../../generated/rill/v1/conversation.js";
import { FinishReason as FinishReasonMessage } from "../../../generated/rill/v1/finish.js";
import {
  type Session as SessionMessage,
  type Turn as TurnMessage,
  TurnStatus as TurnStatusMessage,
} from "../../../generated/rill/v1/session.js";
import type { ToolCall as ToolCallMessage } from "../../../generated/rill/v1/tool.js";
import type { Message, Role, ToolCall } from "../../core/conversation.js";
import { toDurationMessage } from "../../grpc/status/duration-message.js";
import type { Session, Turn, TurnStatus } from "../../sessions/session.js";
import { toFinishReasonMessage, toUsageMessage } from "./generation-message.js";

const ROLES: Readonly<Record<Role, RoleMessage>> = {
  system: RoleMessage.SYSTEM,
  user: RoleMessage.USER,
  assistant: RoleMessage.ASSISTANT,
  tool: RoleMessage.TOOL,
};

const TURN_STATUSES: Readonly<Record<TurnStatus, TurnStatusMessage>> = {
  appended: TurnStatusMessage.APPENDED,
  running: TurnStatusMessage.RUNNING,
  complete: TurnStatusMessage.COMPLETE,
  truncated: TurnStatusMessage.TRUNCATED,
  cancelled: TurnStatusMessage.CANCELLED,
  failed: TurnStatusMessage.FAILED,
};

export function toSessionMessage(session: Session): SessionMessage {
  return {
    sessionId: session.sessionId,
    revision: session.revision,
    labels: new Map(session.labels),
    turns: session.turns,
    storedBytes: session.bytes,
    idleTimeout: toDurationMessage(session.idleMs),
    createdTime: toDurationMessage(session.createdMs),
    usedTime: toDurationMessage(session.usedMs),
    runningTurn: session.running,
  };
}

export function toTurnMessage(turn: Turn): TurnMessage {
  const { outcome } = turn;
  return {
    number: turn.number,
    status: TURN_STATUSES[turn.status],
    messages: turn.messages.map(toMessageMessage),
    continues: turn.continues,
    answer: turn.status === "appended" ? undefined : turn.answer,
    reasoning: turn.reasoning,
    toolCalls: (turn.toolCalls ?? []).map(toToolCallMessage),
    generationId: turn.generationId,
    finishReason:
      outcome?.finishReason === undefined
        ? FinishReasonMessage.UNSPECIFIED
        : toFinishReasonMessage(outcome.finishReason),
    errorReason: outcome?.error,
    usage: outcome?.usage === undefined ? undefined : toUsageMessage(outcome.usage),
    revision: turn.revision,
    endRevision: turn.endRevision,
    createdTime: toDurationMessage(turn.createdMs),
    endedTime: turn.endedMs === undefined ? undefined : toDurationMessage(turn.endedMs),
  };
}

function toMessageMessage({ role, content, reasoning, toolCalls = [], toolCallId }: Message): MessageMessage {
  return { role: ROLES[role], content, reasoning, toolCalls: toolCalls.map(toToolCallMessage), toolCallId };
}

function toToolCallMessage({ id, name, arguments: text }: ToolCall): ToolCallMessage {
  return { id, name, arguments: text };
}
