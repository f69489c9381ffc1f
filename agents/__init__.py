"""Who acts in the city: reporting channels, cases, crews and dispatch policies, on one clock.

Start with `agents.operations.Operations`, which wires everything. A report goes from a channel
(`agents.channels`) to the desk (`agents.desk`), which merges it or registers a case; the planner turns
the case into tasks (`agents.planning`), the dispatcher gives tasks to crews through a policy
(`agents.dispatch`, `agents.policies`), crews drive and work (`agents.crews`, `agents.driving`,
`agents.site_work`), and the checker follows the case to its end (`agents.checking`).
"""
