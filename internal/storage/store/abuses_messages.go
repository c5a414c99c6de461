package store

import (
	"context"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// Messages is part of abuse.Store.
func (s Abuses) Messages(ctx context.Context, id abuse.ID) ([]*abuse.Message, error) {
	list, err := sqldb.All(ctx, s.DB, scanAbuseMessage, abuseMessages, id)
	if err != nil {
		return nil, err
	}
	var ids []actor.AccountID
	for _, m := range list {
		if m.AccountID != 0 {
			ids = append(ids, m.AccountID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	people, err := Actors{DB: s.DB}.Accounts(ctx, padded(distinctIDs(ids)))
	for _, m := range list {
		m.Account = people[m.AccountID]
	}
	return list, err
}

// Message is part of abuse.Store.
func (s Abuses) Message(ctx context.Context, id abuse.ID, message abuse.MessageID) (*abuse.Message, error) {
	m, err := sqldb.One(ctx, s.DB, scanAbuseMessage, `SELECT `+abuseMessageColumns+` FROM abuse_messages m WHERE m.id = $1 AND m.abuse_id = $2`, message, id)
	if errs.Is(err, errs.NotFound) {
		return nil, abuse.MessageNotFound()
	}
	return m, err
}

// AddMessage is part of abuse.Store. The report is held while its messages are
// counted.
func (s Abuses) AddMessage(ctx context.Context, m *abuse.Message, most int) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := sqldb.Returning(ctx, s.DB, sqldb.Value[int],
			`UPDATE abuses SET messages = messages + 1 WHERE id = $1 RETURNING messages`, m.AbuseID)
		switch {
		case err != nil:
			return noAbuse(err)
		case n > most:
			return errs.New(errs.Conflict, "There are %d messages about this report already", most)
		}
		m.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[abuse.MessageID], `
			INSERT INTO abuse_messages (abuse_id, account_id, by_moderator, message, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
			m.AbuseID, nullID(m.AccountID), m.ByModerator, m.Text, m.CreatedAt)
		return err
	})
}

// DeleteMessage is part of abuse.Store.
func (s Abuses) DeleteMessage(ctx context.Context, id abuse.ID, message abuse.MessageID) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `DELETE FROM abuse_messages WHERE id = $1 AND abuse_id = $2`, message, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return abuse.MessageNotFound()
		}
		_, err = s.DB.Exec(ctx, `UPDATE abuses SET messages = messages - 1 WHERE id = $1`, id)
		return err
	})
}
