using System.Globalization;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Idempotency;
using Lucid.Gateway.Preconditions;
using Lucid.Gateway.Sessions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Lucid.Gateway.OpenApi;

/// <summary>Adds to each operation its errors, its security, and the headers that are read by hand.</summary>
internal sealed class OperationDescription : IOpenApiOperationTransformer
{
    private static readonly ErrorKind[] OfEveryone = [ErrorTable.NotLoopback, ErrorTable.TooManyRequests, ErrorTable.Internal];

    private static readonly ErrorKind[] OfTheApi =
    [
        ErrorTable.InvalidRequest, ErrorTable.TokenMissing, ErrorTable.TokenExpired, ErrorTable.TokenInvalid, ErrorTable.LoginEnded, ErrorTable.PermissionDenied,
        ErrorTable.TooManyWaiting, ErrorTable.StoreFailed, ErrorTable.StateDamaged, ErrorTable.Timeout, ErrorTable.CircuitOpen, ErrorTable.Unavailable, ErrorTable.PartAway,
    ];

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var open = metadata.OfType<IAllowAnonymous>().Any();
        if (!open)
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(DocumentDescription.BearerScheme, context.Document)] = [] }];

        var kinds = metadata.OfType<Failures>().SelectMany(failures => failures.Kinds).Concat(OfEveryone).Concat(open ? [] : OfTheApi)
            .Concat(metadata.OfType<AnyHost>().Any() ? [] : [ErrorTable.WrongHost])
            // Whatever has to be a number or one of true and false may be written as neither.
            .Concat(context.Description.ParameterDescriptions.Any(parameter => parameter.Source != BindingSource.Body && (Nullable.GetUnderlyingType(parameter.Type) ?? parameter.Type) is var type && type != typeof(string) && type != typeof(Guid)) ? [ErrorTable.BadFormat] : [])
            .Distinct();
        operation.Responses ??= [];
        foreach (var group in kinds.GroupBy(kind => kind.Status).OrderBy(group => group.Key))
            AddFailure(operation.Responses, group.Key, string.Join(' ', group.OrderBy(kind => kind.Number).Select(kind => $"{kind.Code}: {kind.Meaning}")), context.Document);

        if (metadata.OfType<TaggedAnswer>().Any())
            AddTag(operation, context.Description.HttpMethod == "GET");
        if (metadata.OfType<IfMatchHeader>().Any())
            AddParameter(operation, Header("If-Match", "The ETag that it was answered with: where it has another one by now, nothing is changed.", "\"3f6b…\""));
        if (metadata.OfType<IdempotencyHeader>().Any())
            AddParameter(operation, Header(IdempotencyHeader.Name, "1 to 64 visible ASCII characters of your choice. The same again within 24 h is answered as the first time.", "01JD-order-17"));
        if (metadata.OfType<LeaseHeader>().FirstOrDefault() is { } lease)
            AddHeaders(operation, lease);
        foreach (var parameter in operation.Parameters ?? [])
            Describe(parameter);
        return Task.CompletedTask;
    }

    private static void AddFailure(OpenApiResponses responses, int status, string description, OpenApiDocument? document)
    {
        var key = status.ToString(CultureInfo.InvariantCulture);
        if (responses.TryGetValue(key, out var there))
        {
            // Health answers 503 with a body of its own too.
            there.Description = $"{there.Description} Or {description}";
            return;
        }
        responses[key] = new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ContentTypes.Json] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("ErrorEnvelope", document) },
                [ContentTypes.Problem] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("ProblemDetails", document) },
            },
        };
    }

    private static void AddTag(OpenApiOperation operation, bool isRead)
    {
        if (operation.Responses?["200"] is OpenApiResponse ok)
        {
            ok.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            ok.Headers["ETag"] = new OpenApiHeader { Description = "Stands for the exact bytes of what GET answers now.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }
        if (!isRead)
            return;
        AddParameter(operation, Header("If-None-Match", "The ETags of answers that you have kept.", "\"3f6b…\""));
        operation.Responses!["304"] = new OpenApiResponse { Description = "It is still what If-None-Match names." };
    }

    private static void AddParameter(OpenApiOperation operation, OpenApiParameter parameter)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(parameter);
    }

    private static void AddHeaders(OpenApiOperation operation, LeaseHeader lease)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(Header(ChunkHeaders.Lease, "The lease that creating or resuming the session answered.", "1", required: true));
        if (!lease.WithChunk)
            return;
        operation.Parameters.Add(Header(ChunkHeaders.ChunkTime, "Start and end in ms since the session's start. Without it the recorder's clock serves.", "0,5000"));
        operation.Parameters.Add(Header(ChunkHeaders.Track, "The track; 0 by default.", "0"));
        operation.Parameters.Add(Header("Content-Digest", "The body's SHA-256 or CRC-32C (RFC 9530), which is checked.", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"));
        operation.RequestBody = new OpenApiRequestBody
        {
            Description = "The chunk's plaintext, at most 10 MiB.",
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                [ContentTypes.Bytes] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } },
            },
        };
        if (operation.Responses?["200"] is OpenApiResponse ok)
        {
            ok.Headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal)
            {
                [ChunkHeaders.Repeated] = new OpenApiHeader { Description = "Whether the chunk was there already.", Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean } },
            };
        }
    }

    private static OpenApiParameter Header(string name, string description, string example, bool required = false) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Required = required,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, Examples = [example] },
    };

    /// <summary>What every id and index is, said once here instead of at each of twenty endpoints.</summary>
    private static void Describe(IOpenApiParameter parameter)
    {
        if (parameter is OpenApiParameter { Description: null or "" } bare)
            bare.Description = bare.Name switch
            {
                "id" => "The session's id.",
                "index" => "The chunk's index, from 0.",
                "login" => "The id of one of your logins.",
                "token" => "The id of a token for a program, not what the program shows.",
                "user" or "auditor" => "The user's id: the address of their wallet, or mail: and that of their mailbox.",
                _ => null,
            };
    }
}
