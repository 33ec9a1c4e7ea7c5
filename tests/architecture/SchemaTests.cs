using Xunit;

namespace FlashCall.Architecture.Tests;

/// <summary>Schema scripts expand first and contract later, so that the release before runs on while they do.</summary>
public sealed class SchemaTests
{
    /// <summary>Scripts from before there was a release that could run on beside them. None is added.</summary>
    private static readonly HashSet<string> BeforeTheFirstRelease =
    [
        "number-pool/0003-1-strength.sql",
        "number-pool/0004-wear.sql",
        "verification/0002-verifications.sql",
    ];

    private static readonly string Services = Path.Combine(FindRoot(), "services");

    [Fact]
    public void Every_script_lets_the_release_before_run_on()
    {
        var scripts = Directory.GetDirectories(Services).Where(service => Directory.Exists(Path.Combine(service, "Schema")))
            .SelectMany(service => Directory.GetFiles(Path.Combine(service, "Schema"), "*.sql").Select(file =>
                (Name: $"{Path.GetFileName(service)}/{Path.GetFileName(file)}", Sql: File.ReadAllText(file))))
            .ToList();
        Assert.True(scripts.Count > 15, $"{scripts.Count} scripts are too few to be all of them.");

        var breaches = scripts.ToDictionary(script => script.Name, script => SchemaScript.BreachesOf(script.Name, script.Sql).ToList());
        Assert.Empty(breaches.Where(script => !BeforeTheFirstRelease.Contains(script.Key)).SelectMany(script => script.Value));
        // The list says no more than it has to.
        Assert.All(BeforeTheFirstRelease, name => Assert.NotEmpty(breaches[name]));
    }

    [Theory]
    [InlineData("drop table things")]
    [InlineData("drop function f(int)")]
    [InlineData("alter table things drop column old")]
    [InlineData("alter table things drop old")]
    [InlineData("alter table things rename to others")]
    [InlineData("alter table things rename column a to b")]
    [InlineData("alter table things alter column a type bigint")]
    [InlineData("alter table things alter a set data type bigint")]
    [InlineData("alter table things alter column a set not null")]
    [InlineData("alter table things add column a int not null")]
    [InlineData("alter table things add column if not exists a int default 1, add column b int not null")]
    [InlineData("alter table things add constraint positive check (a > 0)")]
    [InlineData("alter table things add constraint other foreign key (a) references others (a)")]
    [InlineData("alter table things add unique (a)")]
    [InlineData("create index things_a on things (a)")]
    [InlineData("create unique index concurrently things_a on things (a)")]
    [InlineData("lock table things")]
    [InlineData("truncate things")]
    [InlineData("create table news (a int); create index things_a on things (a)")]
    [InlineData("-- contract: nobody reads it\nalter table things rename to others")]
    [InlineData("create function f() returns int language sql as $$ select 1; $$; drop table things")]
    public void What_would_hurt_the_release_before_is_found(string sql) =>
        Assert.NotEmpty(SchemaScript.BreachesOf("0009-test.sql", sql));

    [Theory]
    [InlineData("create table news (a int not null); create unique index news_a on news (a); alter table news add check (a > 0)")]
    [InlineData("alter table things add column a int, add column b text[] not null default '{}'")]
    [InlineData("alter table things add constraint positive check (a > 0) not valid")]
    [InlineData("alter table things alter column a drop not null")]
    [InlineData("alter table things drop constraint positive")]
    [InlineData("-- contract: no release since the last reads it\nalter table things drop column old")]
    [InlineData("create or replace function f() returns int language plpgsql as $$ begin drop table x; truncate y; end $$")]
    [InlineData("-- drop table things\nselect 1")]
    public void What_it_does_not_notice_passes(string sql) => Assert.Empty(SchemaScript.BreachesOf("0009-test.sql", sql));

    [Fact]
    public void An_index_that_locks_nothing_stands_alone()
    {
        const string Index = "create index concurrently things_a on things (a);";
        Assert.Empty(SchemaScript.BreachesOf("0009-index.concurrently.sql", Index));
        Assert.NotEmpty(SchemaScript.BreachesOf("0009-index.concurrently.sql", Index + "select 1"));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlashCall.Platform.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run from within the repository.");
    }
}
