-- For how the last recovery of somebody ended, and for what goes when an account is deleted.
CREATE INDEX recoveries_user ON recoveries (user_id, ended_at);
