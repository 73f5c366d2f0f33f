{# The hash of the definitions that a run uses: what its caller says, or else, where dbt was called by
   hand, the deployed ones, if everything that is about to be built is as it was deployed. None
   where nobody knows: where nothing was deployed, in another schema than the live one, and where
   the variable allow_undeployed lets a person build something else.

   Raises an error, before anything is built, that names what differs.

   Usage: {%- set definitions = definitions_of_run() -%} #}
{% macro definitions_of_run() -%}
    {%- if var('definitions') is not none or target.schema != 'analytics' -%}
        {{- return(var('definitions')) -}}
    {%- endif -%}
    {%- set was_deployed, definitions, contents = run_query(
        "select"
        " exists(select from app.etl_runs as deploys where deploys.kind = 'DEPLOY'"
        "     and deploys.state = 'SUCCESS' and deploys.definitions is not null),"
        " app.deployed_definitions(),"
        " (select projects.contents::text from app.deployed_projects as projects"
        "     where projects.definitions = app.deployed_definitions())"
    ).rows[0] -%}
    {%- set way = "hedge preview shows what an edit changes, and hedge etl deploy deploys it" -%}
    {%- set variable = "--vars 'allow_undeployed: true' builds it all the same, and no run of"
        ~ " hedge begins until the next deploy" -%}
    {%- if not was_deployed -%}
        {{- return(none) -}}
    {%- elif definitions is none or contents is none -%}
        {%- if not var('allow_undeployed') -%}
            {{- exceptions.raise_compiler_error(
                "nothing was built, because it is not known what is deployed: dbt was called by"
                ~ " hand with other definitions, or an older version of Hedge deployed. "
                ~ way ~ "; hedge etl undo goes back to what was deployed; " ~ variable) -}}
        {%- endif -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set edited = edited_resources(fromjson(contents)) -%}
    {%- if edited and not var('allow_undeployed') -%}
        {{- exceptions.raise_compiler_error(
            "nothing was built, because it differs from the deployed definitions ("
            ~ definitions[:12] ~ "): " ~ edited | join(', ') ~ ". " ~ way ~ "; " ~ variable) -}}
    {%- endif -%}
    {{- return(none if edited else definitions) -}}
{%- endmacro %}


{# The names of the selected models and seeds, and of the sources and macros that they use, whose
   content is not the deployed one. The macros that write relations and the run ledger are always
   used, and what the former call where a mart is selected. A macro that reads dbt's graph uses what
   the YAML of every model and source says, and one that follows it what every model reads.

   - deployed (dict[string, string]): what deployed_contents() was at the deploy #}
{% macro edited_resources(deployed) -%}
    {%- set contents = deployed_contents() -%}
    {%- set macros = {} -%}
    {%- set used = ['var'] -%}
    {%- for macro in macros_of_project() -%}
        {%- do macros.update({macro.unique_id: macro}) -%}
        {%- if macro.original_file_path.startswith(('macros/materializations', 'macros/runs')) -%}
            {%- do used.append(macro.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set marts = [] -%}
    {%- for id in selected_resources if id in contents -%}
        {%- if graph.nodes[id].config.materialized == 'incremental' -%}
            {%- do marts.append(id) -%}
        {%- endif -%}
        {%- do used.extend([id, 'described ' ~ id]) -%}
        {%- do used.extend(graph.nodes[id].depends_on.macros) -%}
        {%- do used.extend(graph.nodes[id].depends_on.nodes | select('in', graph.sources)) -%}
    {%- endfor -%}
    {%- set edited = {} -%}
    {%- set seen = {} -%}
    {#- The list grows while it is read, by what macros use. -#}
    {%- for id in used if id in contents and id not in seen -%}
        {%- do seen.update({id: true}) -%}
        {%- set file = macros[id].original_file_path if id in macros else '' -%}
        {%- if file and not file.startswith('macros/runs')
            and (marts or not file.startswith('macros/materializations')) -%}
            {%- do used.extend(macros[id].depends_on.macros) -%}
            {%- set text = macros[id].macro_sql -%}
            {%- for other in contents
                if other.startswith(('described ', 'source.')) and 'graph.' in text
                or other.startswith('read by ') and 'depends_on' in text -%}
                {%- do used.append(other) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if contents[id] != deployed.get(id) -%}
            {%- do edited.update({name_of_resource(id.split(' ')[-1], macros): true}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(edited | sort) -}}
{%- endmacro %}


{# A resource in words, with its file.

   - id (string): the id that dbt gave to the resource
   - macros (dict[string, any]): the macros of the project by id #}
{% macro name_of_resource(id, macros) -%}
    {%- if id == 'var' -%}
        {{- return('the lists of metric sources (dbt_project.yml)') -}}
    {%- endif -%}
    {%- set found = macros.get(id) or graph.nodes.get(id) or graph.sources.get(id) -%}
    {{- return(id.split('.')[0] ~ ' ' ~ found.name ~ ' (' ~ found.original_file_path ~ ')') -}}
{%- endmacro %}
