/** The session has changed between the opening of a turn and its admission: it is to be opened again. Never reaches a caller. */
export class TurnOvertaken extends Error {
  constructor() {
    super("the session has changed since the turn was opened");
  }
}
