-- The keys that result tokens are signed with. One replica makes the next one, whichever inserts its generation first.
create table result_keys
(
    generation  integer     not null primary key,
    kid         text        not null unique,    -- thumbprint of the public key (RFC 7638)
    public_key  jsonb       not null,           -- JWK, for whoever looks; the service publishes what it can decrypt
    private_key bytea       not null,           -- PKCS #8, encrypted under Verification:SecretsKey for this kid
    made_at     timestamptz not null,
    signs_from  timestamptz not null            -- until that of the next generation
);
