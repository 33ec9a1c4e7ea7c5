using System.Text.Json;

namespace FlashCall.Replay;

/// <summary>A question to the event log: what is known so far, what each event changes of it, and the rows that it makes at the end. Write
/// a class of it in a file of C# and give that to <c>flashcall replay query</c>.</summary>
/// <typeparam name="TState">What is known so far: a class that JSON can hold, so that an interrupted replay goes on where it was.</typeparam>
public abstract class Query<TState> : IQuery where TState : class, new()
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { IncludeFields = true };

    /// <summary>The names of the events that it wants; null for all. Fewer are faster.</summary>
    public virtual IReadOnlyCollection<string>? Types => null;

    /// <summary>Takes in an event. They come in the order in which they were stored.</summary>
    /// <param name="state">What is known so far, to be changed.</param>
    /// <param name="happened">The event.</param>
    public abstract void Apply(TState state, Event happened);

    /// <summary>The rows of the answer: objects whose properties are the columns, anonymous ones too.</summary>
    /// <param name="state">What is known at the end.</param>
    public abstract IEnumerable<object> Rows(TState state);

    object IQuery.Begin() => new TState();

    void IQuery.Apply(object state, Event happened) => Apply((TState)state, happened);

    IEnumerable<object> IQuery.Rows(object state) => Rows((TState)state);

    JsonElement IQuery.Save(object state) => JsonSerializer.SerializeToElement((TState)state, Json);

    object IQuery.Load(JsonElement saved) => saved.Deserialize<TState>(Json) ?? new TState();
}

/// <summary>A query of whatever state.</summary>
internal interface IQuery
{
    /// <summary>The names of the events that it wants; null for all.</summary>
    IReadOnlyCollection<string>? Types { get; }

    /// <summary>What is known before the first event.</summary>
    object Begin();

    /// <summary>Takes in an event.</summary>
    void Apply(object state, Event happened);

    /// <summary>The rows of the answer.</summary>
    IEnumerable<object> Rows(object state);

    /// <summary>What is known, as JSON.</summary>
    JsonElement Save(object state);

    /// <summary>What was known when it was saved.</summary>
    object Load(JsonElement saved);
}
