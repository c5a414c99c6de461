package httpsig

import (
	"encoding/json"
	"time"
)

// kept is a signature as it is written down until its key is known.
type kept struct {
	KeyID   string    `json:"keyId"`
	Form    Form      `json:"form,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Bases   [][]byte  `json:"bases"`
	Value   []byte    `json:"value"`
	Schemes []scheme  `json:"schemes"`
}

// MarshalJSON writes what Verify needs, for a verification later: the time and
// the digest have been checked and are not in it.
func (s *Signature) MarshalJSON() ([]byte, error) {
	return json.Marshal(kept{s.KeyID, s.Form, s.Created, s.bases, s.value, s.schemes})
}

// UnmarshalJSON reads what MarshalJSON wrote, and nothing that others write.
func (s *Signature) UnmarshalJSON(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	*s = Signature{KeyID: k.KeyID, Form: k.Form, Created: k.Created, bases: k.Bases, value: k.Value, schemes: k.Schemes}
	return nil
}
