package markdown

// Clean makes HTML of another site harmless before it is kept: what is left is
// what Comment shows of it. Clean HTML stays as it is.
func (r *Renderer) Clean(html string) string { return r.policy.Sanitize(html) }
