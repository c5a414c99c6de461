package visit

import "strings"

// Agent is our name in robots.txt.
const Agent = "sepiola-index"

// forbids reports whether a robots.txt keeps us from "/": by the group of our
// name, or without one by that of everybody (RFC 9309). Only the rule for the
// whole site counts: we read no pages.
func forbids(robots string) bool {
	groups := map[string]bool{} // by agent, whether "/" is forbidden
	var agents []string
	inRules := false
	for line := range strings.Lines(robots) {
		line, _, _ = strings.Cut(line, "#")
		field, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(field)) {
		case "user-agent":
			if inRules {
				agents, inRules = nil, false
			}
			agent := strings.ToLower(value)
			agents = append(agents, agent)
			if _, known := groups[agent]; !known {
				groups[agent] = false
			}
		case "allow", "disallow":
			inRules = true
			if value != "/" && value != "/*" {
				continue
			}
			no := strings.EqualFold(strings.TrimSpace(field), "disallow")
			for _, a := range agents {
				groups[a] = no // of rules for the same path the last counts
			}
		}
	}
	if no, ok := groups[Agent]; ok {
		return no
	}
	return groups["*"]
}
