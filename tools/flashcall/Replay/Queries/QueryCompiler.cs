using System.Globalization;
using System.Reflection;
using FlashCall.Replay;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlashCall.Cli.Replay.Queries;

/// <summary>Makes a query of what an analyst wrote. It runs with all that the person who runs it may do, as any program does.</summary>
internal static class QueryCompiler
{
    private const string Usings =
        "using System; using System.Collections.Generic; using System.Linq; using FlashCall.Replay;";

    /// <summary>The query that a file of C# has the class of.</summary>
    /// <exception cref="CommandException">It does not compile, or has no such class.</exception>
    public static IQuery OfFile(string path, string source)
    {
        // Line 1 is the file's own first line.
        var types = Compile(Path.GetFileName(path), $"{Usings}\n#line 1\n{source}").GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IQuery)) && !type.IsAbstract).ToList();
        return types is [var type] && type.GetConstructor(Type.EmptyTypes) is not null
            ? (IQuery)Activator.CreateInstance(type)!
            : throw new CommandException(
                $"{Path.GetFileName(path)} has {types.Count.ToString(CultureInfo.InvariantCulture)} queries. Write one class of "
                + "'Query<TState>' with a constructor without parameters.");
    }

    /// <summary>The query that counts events by an expression over an event <c>e</c>.</summary>
    /// <exception cref="CommandException">It does not compile.</exception>
    public static IQuery OfExpression(string expression) => (IQuery)Activator.CreateInstance(Compile(
        "expression",
        $$"""
        {{Usings}}
        public sealed class Expression() : Counting(static (Event e) =>
        #line 1
        {{expression}}
        );
        """).GetTypes().Single(type => type.Name == "Expression"))!;

    private static Assembly Compile(string name, string source)
    {
        var platform = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator)
            .Where(static file => file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && File.Exists(file))
            .Append(typeof(QueryCompiler).Assembly.Location).Distinct(StringComparer.Ordinal);
        var compilation = CSharpCompilation.Create(
            $"query-{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(source, path: name)],
            platform.Select(static file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Annotations));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        if (result.Success)
            return Assembly.Load(image.ToArray());
        var mistake = result.Diagnostics.First(static one => one.Severity == DiagnosticSeverity.Error);
        var place = mistake.Location.GetMappedLineSpan().StartLinePosition;
        throw new CommandException(string.Create(CultureInfo.InvariantCulture,
            $"{name}, line {place.Line + 1}: {mistake.GetMessage(CultureInfo.InvariantCulture)} ({mistake.Id})"));
    }
}
