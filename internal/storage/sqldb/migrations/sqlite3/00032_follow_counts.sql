-- +goose Up

-- On PostgreSQL, where several write at once, follows are counted in one order;
-- here one writes after the other.
SELECT 1;
