package stats

// Stack is a drawing of two values for each day, one upon the other, with a
// table that says the same and more. See Chart for how it is drawn.
type Stack struct {
	Title string
	// Lower and Upper name the two values, Day and More the other columns of
	// the table.
	Day, Lower, Upper string
	More              []string
	Days              []StackDay
	// Show writes a value.
	Show func(int64) string
}

// StackDay is one day of a Stack.
type StackDay struct {
	Label        string
	Lower, Upper int64
	More         []string
}

// chart is where the upper ends of the columns are.
func (s Stack) chart() Chart {
	c := Chart{Bars: make([]Bar, len(s.Days)), Show: s.Show}
	for i, d := range s.Days {
		c.Bars[i] = Bar{Label: d.Label, Value: d.Lower + d.Upper}
	}
	return c
}
