/** Where the holder of a link sits, for lists of links. */

export type LinkGroup = "halls" | "remotes" | "desks";

/** Operators sit in halls, members at remote sites, everyone else at a desk. */
export function linkGroup(role: string): LinkGroup {
  if (role === "operator") {
    return "halls";
  }
  return role === "member" ? "remotes" : "desks";
}
